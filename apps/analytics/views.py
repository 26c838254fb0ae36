"""The analytics pages: a shell with its context bar at once, and panels that are fetched side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from apps.analytics import access
from apps.analytics.access import Closed, Subject
from apps.analytics.asked import Asked, ask
from apps.analytics.bar import Bar
from apps.analytics.downloads import DOWNLOADS, Download
from apps.analytics.panels import PANELS, SUBJECTS
from apps.core.exceptions import ApplicationError
from apps.core.exports import download
from apps.core.views import PermissionRequiredView, person_of


class SubjectView(PermissionRequiredView):
    """A page for people who may read ``analytics`` and are shown what it tells of."""

    permission = "analytics"
    subject: Subject

    def permitted(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Close the page to people it would tell too much."""
        try:
            access.check_subject(person_of(request), self.about(**kwargs))
            return super().permitted(request, *args, **kwargs)
        except Closed as reason:
            return self.closed(request, reason)

    def about(self, **segments: str) -> Subject:
        """What the address tells of."""
        return self.subject

    def closed(self, request: HttpRequest, reason: Closed) -> HttpResponse:
        """Say that the account sees some APIs only."""
        return render(request, "errors/403.html", {"reason": reason.words}, status=reason.status)


class Page(SubjectView):
    """A page whose state is its address.

    ``panels`` are the fragments it fetches, in their order; ``file`` is the one that its CSV file is of.
    ``subjects`` say what each tells of.
    """

    template = ""
    name = ""
    title = ""
    panels: tuple[str, ...] = ()
    subjects: Mapping[str, Subject] = SUBJECTS
    file = "chart"
    has_filters = True
    has_steps = True

    def get(self, request: HttpRequest, api: str = "") -> HttpResponse:
        """Show the page, at the shortest address of its state."""
        asked = ask(person_of(request), request.path, dict(request.GET.lists()), api)
        if asked.was_typed and not asked.notices:
            return HttpResponseRedirect(asked.address())
        response = render(request, self.template, self.context(asked))
        if getattr(request, "htmx", False):
            response["HX-Push-Url"] = request.get_full_path()
        return response

    def context(self, asked: Asked) -> dict[str, Any]:
        """What the template needs: the bar, and the address of each panel that is shown."""
        query = asked.state.query().removesuffix("?")
        panels = (*self.panels, "filters") if self.has_filters else self.panels
        return {
            "page": self.name,
            "title": self.heading(asked),
            "query": asked,
            "toolbar": Bar(asked),
            "has_filters": self.has_filters,
            "has_steps": self.has_steps,
            "csv": f"{self.panel_address(asked, self.file).removesuffix('/')}.csv{query}",
            # No dictionary: a template would take its method for a panel "keys" that is not there.
            "panels": SimpleNamespace(
                **{name: self.panel_address(asked, name) + query for name in panels if asked.shows(self.subjects[name])}
            ),
        }

    def heading(self, asked: Asked) -> str:
        """What the page is called."""
        return self.title

    def panel_address(self, asked: Asked, panel: str) -> str:
        """Where a panel of this page is fetched from."""
        return reverse("panel", args=[self.name, panel])


class Overview(Page):
    """All traffic the person may see."""

    template = "analytics/overview.html"
    name = "overview"
    subject = access.REQUESTS
    title = "Overview"
    panels = ("figures", "chart", "apis", "endpoints", "keys", "errors", "proof")


class Apis(Page):
    """The table of all APIs."""

    template = "analytics/apis.html"
    name = "apis"
    subject = access.APIS
    title = "Activity by API"
    panels = ("all_apis",)
    file = "all_apis"
    has_steps = False


class OneApi(Page):
    """The overview of one API."""

    template = "analytics/api.html"
    name = "api"
    subject = access.APIS
    panels = ("figures", "chart", "versions", "endpoints", "keys", "errors")

    def heading(self, asked: Asked) -> str:
        """The API's name."""
        return asked.api_name()

    def panel_address(self, asked: Asked, panel: str) -> str:
        """Where a panel of this API's page is fetched from."""
        return reverse("api-panel", args=[asked.api, panel])


class Panel(SubjectView):
    """One panel of a page, as a fragment. ``builders`` make the context of each, ``templates`` holds them."""

    builders: Mapping[str, Callable[[Asked], dict[str, Any]]] = PANELS
    subjects: Mapping[str, Subject] = SUBJECTS
    templates = "analytics/panels"

    def about(self, **segments: str) -> Subject:
        """What the panel tells of."""
        if segments["panel"] not in self.builders:
            raise Http404
        return self.subjects[segments["panel"]]

    def closed(self, request: HttpRequest, reason: Closed) -> HttpResponse:
        """Say in the panel that the account sees some APIs only."""
        return render(request, "errors/_panel.html", {"cause": reason.words}, status=reason.status)

    def get(self, request: HttpRequest, panel: str, page: str = "", api: str = "") -> HttpResponseBase:
        """Show the panel, or the cause why it cannot be shown."""
        asked = ask(person_of(request), self.path(page, api), dict(request.GET.lists()), api)
        try:
            context = self.builders[panel](asked)
        except ApplicationError as reason:
            return render(request, "errors/_panel.html", {"cause": reason.message}, status=reason.status)
        csv = f"{request.path.removesuffix('/')}.csv{asked.state.query().removesuffix('?')}"
        return render(request, f"{self.templates}/{panel}.html", {"query": asked, "csv": csv, **context})

    def path(self, page: str, api: str) -> str:
        """The address of the page the panel is on."""
        if page not in {"", "overview", "apis"}:
            raise Http404
        return reverse("api", args=[api]) if api else reverse(page)


class CsvFile(Panel):
    """What a panel shows, all of it, as a CSV file."""

    downloads: Mapping[str, Callable[[Asked], Download]] = DOWNLOADS

    def closed(self, request: HttpRequest, reason: Closed) -> HttpResponse:
        """Say instead of the file that the account sees some APIs only."""
        return HttpResponse(reason.words, status=reason.status, content_type="text/plain; charset=utf-8")

    def get(self, request: HttpRequest, panel: str, page: str = "", api: str = "") -> HttpResponseBase:
        """Send the file, or say why there is none."""
        if panel not in self.downloads:
            raise Http404
        asked = ask(person_of(request), self.path(page, api), dict(request.GET.lists()), api)
        try:
            file = self.downloads[panel](asked)
        except ApplicationError as reason:
            return HttpResponse(reason.message, status=reason.status, content_type="text/plain; charset=utf-8")
        return download(f"weir-{file.name}", file.header, file.rows)
