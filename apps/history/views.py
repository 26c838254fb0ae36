"""Pages of versions: those of one row, which can be restored, and what was changed of all that somebody may see."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views import View

from apps.core.exceptions import ApplicationError
from apps.core.forms import REVISION
from apps.core.ids import is_object_id
from apps.core.list_state import ListState
from apps.core.preconditions import expect_revision
from apps.core.requests import user_of
from apps.core.resource_views import ResourcePages
from apps.history.filters import VersionFilter
from apps.history.models import Version
from apps.history.querysets import VersionQuerySet
from apps.history.services import restore


class HistoryPages(ResourcePages):
    """The versions of a row of a resource, and the way back to one of them; a subclass names both as its pages do."""

    of_kind: ClassVar[dict[str, type[HistoryPages]]] = {}

    READ_ACTIONS = frozenset({"", "versions"})

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.of_kind[cls.resource.model.audit_kind()] = cls

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Give the routes of the pages."""
        path_, name = f"{cls.plural}/<pk>/history/", f"{cls.name}-history"
        return [
            path(path_, cls.page(get="versions"), name=name),
            path(f"{path_}<int:number>/", cls.page(post="restore"), name=f"{cls.name}-restore"),
        ]

    @classmethod
    def url_of(cls, subject: str) -> str:
        """Give the URL of the versions of a row."""
        return reverse(f"{cls.name}-history", args=[subject])

    def versions(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the versions of a row, the newest first; of a deleted one as well."""
        row, rows = self._found(pk)
        state = ListState(request, VersionFilter)
        name = str(row) if row else rows[0].name
        url = reverse(self.name, args=[pk]) if row else ""
        shown = {"row": row, "name": name, "row_url": url, "state": state, "newest": rows.first()}
        return self.render("history/history.html", page_obj=state.page(rows.without_values()), **shown)

    def restore(self, request: HttpRequest, pk: str, number: int) -> HttpResponse:
        """Let a row be what it was in a version."""
        row, rows = self._found(pk)
        version = rows.filter(number=number).first()
        if version is None or version.is_deletion:
            raise Http404
        expect_revision(row, request.POST.get(REVISION, ""))
        try:
            restore(self.resource, version, row, actor=self.actor)
        except ApplicationError as error:
            messages.error(request, error.in_words)
        else:
            messages.success(request, f"{version.name} is what it was in version {number}.")
        return HttpResponseRedirect(self.url_of(pk))

    def _found(self, pk: str) -> tuple[Any, VersionQuerySet]:
        """Give a row with its versions; ``None`` for one that is deleted. Raises ``Http404``."""
        kind = self.resource.model.audit_kind()
        rows = Version.objects.visible_to(self.actor).of(kind, pk) if is_object_id(pk) else Version.objects.none()
        row = self.rows().filter(pk=pk).first() if is_object_id(pk) else None
        newest = rows.first()
        if row is None and not (newest and newest.is_deletion):
            raise Http404
        return row, rows


class ChangesPage(LoginRequiredMixin, View):
    """Who changed what: the versions of everything that somebody may read, the newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them; of a day, unless the URL says more."""
        user, state = user_of(request), ListState(request, VersionFilter)
        pages = {kind: one for kind, one in HistoryPages.of_kind.items() if user.allows(one.resource.permission_object)}
        rows = Version.objects.visible_to(user).of_kinds(pages).without_values()
        found = state.page(rows)
        for version in found:
            version.url = pages[version.kind].url_of(version.subject)
        return render(request, "history/changes.html", {"page": "changes", "state": state, "page_obj": found})
