"""What an analytics page is asked for: by whom, in which scope, with which parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.analytics import access, query_params
from apps.analytics.access import Report, traffic_scope
from apps.analytics.dimensions import TOTAL
from apps.analytics.queries import breakdown
from apps.analytics.queries.granularity import current_retention
from apps.analytics.queries.types import TrafficFilters, Window
from apps.analytics.query_params import DashboardParams
from apps.analytics.ranges import Range
from apps.core.requests import user_of
from apps.core.tenancy import Scope
from apps.users.models import User


@dataclass(frozen=True)
class DashboardQuery:
    """One question: who asks, in which scope, the page's path, its parameters, and the range resolved.

    ``api`` is the page's own API, which no filter can widen; "" on pages about all of them. ``from_form`` says
    that the URL is as a form sent it, and could be shorter.
    """

    user: User
    scope: Scope
    path: str
    params: DashboardParams
    range: Range
    notices: tuple[str, ...] = ()
    from_form: bool = False
    api: str = ""

    @classmethod
    def from_request(cls, request: HttpRequest, path: str, api: str = "") -> DashboardQuery:
        """Read the question that the query string of a request asks, for the page at a path.

        Raises:
            ApiForbidden: it names an API that the user may not see.
        """
        user, now, retention = user_of(request), timezone.now(), current_retention()
        scope = traffic_scope(user)
        parsed = query_params.parse(dict(request.GET.lists()), user.zone, now, retention)
        params, notices = parsed.params, parsed.notices
        if api and params.filters.apis:
            params, notices = (
                params.with_filters(apis=()),
                (*notices, "“api” was left out: this page is about one API."),
            )
        access.check_apis(scope, (api,) if api else params.filters.apis)
        params, hidden = _without_hidden(user, params)
        return cls(user, scope, path, params, params.range(now, retention), (*notices, *hidden), parsed.from_form, api)

    @property
    def window(self) -> Window:
        """The window of the range."""
        return self.range.window

    @property
    def now(self) -> datetime:
        """The moment of the question."""
        return self.range.now

    @property
    def filters(self) -> TrafficFilters:
        """The filters of the parameters, within the page's own API."""
        return replace(self.params.filters, apis=(self.api,)) if self.api else self.params.filters

    def can_see(self, report: Report) -> bool:
        """Whether who asks is shown a report."""
        return access.can_see(self.user, report)

    @property
    def metric(self) -> str:
        """What the chart shows."""
        return self.params.metric

    @property
    def all_apis_url(self) -> str:
        """The URL of the table of all APIs, over the same time."""
        params = replace(self.params, metric=query_params.METRICS[0], hidden=None)
        return reverse("activity") + params.query_string()

    @property
    def search_fields(self) -> list[tuple[str, str]]:
        """What a search form must keep."""
        return self.params.hidden_fields("q", "page")

    def url(self, **changes: object) -> str:
        """The URL of this page with some parameters changed."""
        return self.path + self.params.query_string(**changes)

    def filtered_url(self, **filters: object) -> str:
        """The URL of this page with some filters changed."""
        return self.path + self.params.with_filters(**filters).query_string()

    def api_url(self, api: str) -> str:
        """The URL of one API's page, over the same time and with the same filters; "" of records without API."""
        if not api:
            return ""
        params = replace(self.params.with_filters(apis=()), search="", sort=query_params.DEFAULT_SORT)
        return reverse("api-activity", args=[api]) + params.query_string()

    def api_name(self) -> str:
        """The name of the page's own API as its traffic tells it; the id when it tells none."""
        return api_names(self.scope, self.window, (self.api,)).get(self.api, self.api)


def _without_hidden(user: User, params: DashboardParams) -> tuple[DashboardParams, list[str]]:
    """Parameters without filters that make figures tell of what the user is not shown; and what is to be said."""
    hidden = {
        name: field
        for name, field in query_params.SINGLE_FILTERS.items()
        if (report := access.REPORT_OF_FILTER.get(field))
        and getattr(params.filters, field)
        and not access.can_see(user, report)
    }
    notices = [
        f"“{name}” was left out: your account is not shown {access.REPORT_OF_FILTER[field].name}."
        for name, field in hidden.items()
    ]
    return (params.with_filters(**dict.fromkeys(hidden.values(), "")) if hidden else params), notices


def api_names(scope: Scope, window: Window, apis: tuple[str, ...]) -> dict[str, str]:
    """The names of some APIs, by id, as their traffic in a window tells them."""
    if not apis:
        return {}
    rows = breakdown(scope, window, TOTAL, TrafficFilters(apis=apis)).rows
    return {row.api: row.api_name or row.name or row.api for row in rows}
