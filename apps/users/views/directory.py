"""What the pages of users and of groups share: lists that are searched and paged, and rows one may see."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.ids import is_object_id
from apps.core.tenancy import TenantQuerySet
from apps.core.views import PermissionRequiredView, person_of
from apps.users.models import User
from apps.users.permissions import WRITE

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
ROWS = 25
LONGEST_QUERY = 254

M = TypeVar("M", bound=Model)


class DirectoryView(PermissionRequiredView):
    """A page of the directory. ``page`` is its link in the sidebar."""

    page: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let write who may write, and everybody else who may read look."""
        if request.method not in SAFE_METHODS:
            self.level = WRITE
        return super().dispatch(request, *args, **kwargs)

    @property
    def person(self) -> User:
        """Who looks."""
        return person_of(self.request)

    def show(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Show a page; it says whether the person may write here."""
        may_write = self.person.allows(self.permission, WRITE)
        shown = {"page": self.page, "may_write": may_write, **context}
        return render(self.request, f"users/{template}.html", shown, status=status)

    def get_visible(self, rows: TenantQuerySet[M], pk: str) -> M:
        """Give a row that the person may see, or answer that there is none."""
        row = rows.visible_to(self.person).filter(pk=pk).first() if is_object_id(pk) else None
        if row is None:
            raise Http404
        return row


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class WriteView(DirectoryView):
    """A page for who may write only; what it shows is kept by no browser, for it may be a secret."""

    level = WRITE


class SearchListView(DirectoryView):
    """A list with a search. The URL is its state; the list alone is answered to who types."""

    def list(self, rows: QuerySet[Any], query: str, **context: Any) -> HttpResponse:
        """Show a page of rows."""
        found = Paginator(rows, ROWS).get_page(self.request.GET.get("p"))
        htmx: Any = getattr(self.request, "htmx", None)
        is_part = bool(htmx) and htmx.target == self.page
        response = self.show(
            f"_{self.page}" if is_part else self.page, page_obj=found, q=query, **page_links(found, query), **context
        )
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    @staticmethod
    def query(request: HttpRequest) -> str:
        """Give what is searched for."""
        return request.GET.get("q", "").strip()[:LONGEST_QUERY]


def page_links(found: Page[Any], query: str) -> dict[str, Any]:
    """Give the queries of the page before and the page after, "" where there is none."""

    def to(page: int) -> str:
        return "?" + urlencode({name: value for name, value in (("q", query), ("p", page)) if value})

    before = to(found.previous_page_number()) if found.has_previous() else ""
    return {"previous_query": before, "next_query": to(found.next_page_number()) if found.has_next() else ""}
