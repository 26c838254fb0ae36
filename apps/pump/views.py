"""The page about the pipeline: is every request counted, and what waits where."""

from __future__ import annotations

from django.urls import reverse

from apps.analytics import access
from apps.analytics.asked import Asked
from apps.analytics.views import CsvFile, Page, Panel
from apps.pump.panels import DOWNLOADS, PANELS, SUBJECTS


class PipelinePage(Page):
    """For everybody who sees all traffic of an organisation: it tells numbers, and no record."""

    template = "pump/pipeline.html"
    name = "pipeline"
    subject = access.PIPELINE
    title = "Pipeline"
    panels = ("state", "hours", "rejected")
    subjects = SUBJECTS
    file = "hours"
    has_filters = False
    has_steps = False

    def panel_address(self, asked: Asked, panel: str) -> str:
        """Where a panel of this page is fetched from."""
        return reverse("pipeline-panel", args=[panel])


class PipelinePanel(Panel):
    """One panel of the page, as a fragment."""

    builders = PANELS
    subjects = SUBJECTS
    templates = "pump/panels"

    def path(self, page: str, api: str) -> str:
        """The address of the page the panel is on."""
        return reverse("pipeline")


class PipelineFile(CsvFile):
    """What a panel of the page shows, as a CSV file."""

    builders = PANELS
    subjects = SUBJECTS
    downloads = DOWNLOADS

    def path(self, page: str, api: str) -> str:
        """The address of the page the panel is on."""
        return reverse("pipeline")
