"""The analytics pages: a shell with its toolbar at once, and panels that are fetched side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from apps.analytics import access, pipeline
from apps.analytics.access import Report, ReportForbidden
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.exports import CSV_EXPORTS, CsvExport
from apps.analytics.panels import PANELS, REPORTS
from apps.analytics.toolbar import Toolbar
from apps.core.exceptions import ApplicationError
from apps.core.exports import download
from apps.core.requests import user_of
from apps.core.views import PermissionRequiredView


class ReportView(PermissionRequiredView):
    """A page for people who may read ``analytics`` and are shown what it tells of."""

    permission = "analytics"
    report: Report

    def permitted(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Close the page to people it would tell too much."""
        try:
            access.check_report(user_of(request), self.report_of(**kwargs))
            return super().permitted(request, *args, **kwargs)
        except ReportForbidden as reason:
            return self.forbidden(request, reason)

    def report_of(self, **segments: str) -> Report:
        """What the URL tells of."""
        return self.report

    def forbidden(self, request: HttpRequest, reason: ReportForbidden) -> HttpResponse:
        """Say that the account sees some APIs only."""
        return render(request, "errors/403.html", {"reason": reason.explanation}, status=reason.status)


class DashboardPage(ReportView):
    """A page whose state is its URL.

    ``panels`` are the fragments it fetches, in their order; ``csv_panel`` is the one that its CSV file is of.
    ``reports`` say what each tells of.
    """

    template = ""
    name = ""
    title = ""
    panels: tuple[str, ...] = ()
    reports: Mapping[str, Report] = REPORTS
    csv_panel = "chart"
    has_filters = True
    has_steps = True

    def get(self, request: HttpRequest, api: str = "") -> HttpResponse:
        """Show the page, at the shortest URL of its state."""
        query = DashboardQuery.from_request(request, request.path, api)
        if query.from_form and not query.notices:
            return HttpResponseRedirect(query.url())
        response = render(request, self.template, self.context(query))
        if getattr(request, "htmx", False):
            response["HX-Push-Url"] = request.get_full_path()
        return response

    def context(self, query: DashboardQuery) -> dict[str, Any]:
        """What the template needs: the toolbar, and the URL of each panel that is shown."""
        query_string = query.params.query_string()
        panels = (*self.panels, "filters") if self.has_filters else self.panels
        return {
            "page": self.name,
            "title": self.get_title(query),
            "query": query,
            "toolbar": Toolbar(query),
            "has_filters": self.has_filters,
            "has_steps": self.has_steps,
            "csv": f"{self.panel_url(query, self.csv_panel).removesuffix('/')}.csv{query_string}",
            # No dictionary: a template would take its method for a panel "keys" that is not there.
            "panels": SimpleNamespace(
                **{
                    name: self.panel_url(query, name) + query_string
                    for name in panels
                    if query.can_see(self.reports[name])
                }
            ),
        }

    def get_title(self, query: DashboardQuery) -> str:
        """What the page is called."""
        return self.title

    def panel_url(self, query: DashboardQuery, panel: str) -> str:
        """Where a panel of this page is fetched from."""
        return reverse("panel", args=[self.name, panel])


class OverviewPage(DashboardPage):
    """All traffic the person may see."""

    template = "analytics/overview.html"
    name = "overview"
    report = access.REQUESTS
    title = "Overview"
    panels = ("figures", "chart", "apis", "endpoints", "keys", "errors", "proof")


class ApisPage(DashboardPage):
    """The table of all APIs."""

    template = "analytics/apis.html"
    name = "activity"
    report = access.APIS
    title = "Activity by API"
    panels = ("all_apis",)
    csv_panel = "all_apis"
    has_steps = False


class ApiPage(DashboardPage):
    """The overview of one API."""

    template = "analytics/api.html"
    name = "api-activity"
    report = access.APIS
    panels = ("figures", "chart", "versions", "endpoints", "keys", "errors")

    def get_title(self, query: DashboardQuery) -> str:
        """The API's name."""
        return query.api_name()

    def panel_url(self, query: DashboardQuery, panel: str) -> str:
        """Where a panel of this API's page is fetched from."""
        return reverse("api-activity-panel", args=[query.api, panel])


class PanelView(ReportView):
    """One panel of a page, as a fragment. ``builders`` make the context of each, ``templates`` holds them."""

    builders: Mapping[str, Callable[[DashboardQuery], dict[str, Any]]] = PANELS
    reports: Mapping[str, Report] = REPORTS
    templates = "analytics/panels"

    def report_of(self, **segments: str) -> Report:
        """What the panel tells of."""
        if segments["panel"] not in self.builders:
            raise Http404
        return self.reports[segments["panel"]]

    def forbidden(self, request: HttpRequest, reason: ReportForbidden) -> HttpResponse:
        """Say in the panel that the account sees some APIs only."""
        return render(request, "errors/_panel.html", {"cause": reason.explanation}, status=reason.status)

    def get(self, request: HttpRequest, panel: str, page: str = "", api: str = "") -> HttpResponseBase:
        """Show the panel, or the cause why it cannot be shown."""
        query = DashboardQuery.from_request(request, self.page_url(page, api), api)
        try:
            context = self.builders[panel](query)
        except ApplicationError as reason:
            return render(request, "errors/_panel.html", {"cause": reason.message}, status=reason.status)
        csv = f"{request.path.removesuffix('/')}.csv{query.params.query_string()}"
        return render(request, f"{self.templates}/{panel}.html", {"query": query, "csv": csv, **context})

    def page_url(self, page: str, api: str) -> str:
        """The URL of the page that the panel is on."""
        if page not in {"", "overview", "activity"}:
            raise Http404
        return reverse("api-activity", args=[api]) if api else reverse(page)


class CsvView(PanelView):
    """What a panel shows, all of it, as a CSV file."""

    exports: Mapping[str, Callable[[DashboardQuery], CsvExport]] = CSV_EXPORTS

    def forbidden(self, request: HttpRequest, reason: ReportForbidden) -> HttpResponse:
        """Say instead of the file that the account sees some APIs only."""
        return HttpResponse(reason.explanation, status=reason.status, content_type="text/plain; charset=utf-8")

    def get(self, request: HttpRequest, panel: str, page: str = "", api: str = "") -> HttpResponseBase:
        """Send the file, or say why there is none."""
        if panel not in self.exports:
            raise Http404
        query = DashboardQuery.from_request(request, self.page_url(page, api), api)
        try:
            file = self.exports[panel](query)
        except ApplicationError as reason:
            return HttpResponse(reason.message, status=reason.status, content_type="text/plain; charset=utf-8")
        return download(f"weir-{file.name}", file.header, file.rows)


class PipelinePage(DashboardPage):
    """Is every request counted, and what waits where.

    For everybody who sees all traffic of an organisation: it tells numbers, and no record.
    """

    template = "analytics/pipeline.html"
    name = "pipeline"
    report = access.PIPELINE
    title = "Pipeline"
    panels = ("state", "hours", "rejected", "deliveries")
    reports = pipeline.REPORTS
    csv_panel = "hours"
    has_filters = False
    has_steps = False

    def panel_url(self, query: DashboardQuery, panel: str) -> str:
        """Where a panel of this page is fetched from."""
        return reverse("pipeline-panel", args=[panel])


class PipelinePanel(PanelView):
    """One panel of the page, as a fragment."""

    builders = pipeline.PANELS
    reports = pipeline.REPORTS
    templates = "analytics/pipeline"

    def page_url(self, page: str, api: str) -> str:
        """The URL of the page that the panel is on."""
        return reverse("pipeline")


class PipelineFile(CsvView):
    """What a panel of the page shows, as a CSV file."""

    builders = pipeline.PANELS
    reports = pipeline.REPORTS
    exports = pipeline.CSV_EXPORTS

    def page_url(self, page: str, api: str) -> str:
        """The URL of the page that the panel is on."""
        return reverse("pipeline")
