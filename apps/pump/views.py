"""The page about the pipeline: is every request counted, and what waits where."""

from __future__ import annotations

from django.urls import reverse

from apps.analytics import access
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.views import CsvView, DashboardPage, PanelView
from apps.pump.panels import CSV_EXPORTS, PANELS, REPORTS


class PipelinePage(DashboardPage):
    """For everybody who sees all traffic of an organisation: it tells numbers, and no record."""

    template = "pump/pipeline.html"
    name = "pipeline"
    report = access.PIPELINE
    title = "Pipeline"
    panels = ("state", "hours", "rejected")
    reports = REPORTS
    csv_panel = "hours"
    has_filters = False
    has_steps = False

    def panel_url(self, query: DashboardQuery, panel: str) -> str:
        """Where a panel of this page is fetched from."""
        return reverse("pipeline-panel", args=[panel])


class PipelinePanel(PanelView):
    """One panel of the page, as a fragment."""

    builders = PANELS
    reports = REPORTS
    templates = "pump/panels"

    def page_url(self, page: str, api: str) -> str:
        """The URL of the page that the panel is on."""
        return reverse("pipeline")


class PipelineFile(CsvView):
    """What a panel of the page shows, as a CSV file."""

    builders = PANELS
    reports = REPORTS
    exports = CSV_EXPORTS

    def page_url(self, page: str, api: str) -> str:
        """The URL of the page that the panel is on."""
        return reverse("pipeline")
