"""What a person asks for on an analytics page: which rows may be seen, and the state of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from apps.analytics import access
from apps.analytics import state as states
from apps.analytics.access import Subject, traffic_scope
from apps.analytics.dimensions import TOTAL
from apps.analytics.queries import breakdown
from apps.analytics.queries.granularity import current_retention
from apps.analytics.queries.types import TrafficFilters, Window
from apps.analytics.ranges import Range
from apps.analytics.state import State
from apps.core.tenancy import Scope
from apps.users.models import User


@dataclass(frozen=True)
class Asked:
    """One question: who asks, in which scope, the page's address, its state, and the range resolved.

    ``api`` is the page's own API, which no filter can widen; "" on pages about all of them.
    """

    user: User
    scope: Scope
    path: str
    state: State
    range: Range
    notices: tuple[str, ...] = ()
    was_typed: bool = False
    api: str = ""

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
        """The filters of the state, within the page's own API."""
        return replace(self.state.filters, apis=(self.api,)) if self.api else self.state.filters

    def shows(self, subject: Subject) -> bool:
        """Whether who asks is shown a subject."""
        return access.shows(self.user, subject)

    @property
    def metric(self) -> str:
        """What the chart shows."""
        return self.state.metric

    @property
    def all_apis(self) -> str:
        """The address of the table of all APIs, over the same time."""
        return reverse("apis") + replace(self.state, metric=states.METRICS[0], hidden=None).query().removesuffix("?")

    @property
    def search_fields(self) -> list[tuple[str, str]]:
        """What a search form must keep."""
        return self.state.pairs("q", "page")

    def address(self, **changes: object) -> str:
        """The address of this page in a state with some changes."""
        return self.path + self.state.query(**changes).removesuffix("?")

    def narrowed(self, **filters: object) -> str:
        """The address of this page with other filters."""
        return self.path + self.state.filtered(**filters).query().removesuffix("?")

    def of_api(self, api: str) -> str:
        """The address of one API's page, over the same time and with the same filters."""
        kept_state = replace(self.state.filtered(apis=()), search="", sort=states.USUAL_SORT)
        return reverse("api", args=[api]) + kept_state.query().removesuffix("?")

    def api_name(self) -> str:
        """The name of the page's own API as its traffic tells it; the id when it tells none."""
        return api_names(self.scope, self.window, (self.api,)).get(self.api, self.api)


def ask(user: User, path: str, given: Mapping[str, Sequence[str]], api: str = "") -> Asked:
    """Read the question a user's address asks.

    Raises:
        NotTheirApi: it names an API that the user may not see.
    """
    now, limits, scope = timezone.now(), current_retention(), traffic_scope(user)
    reading = states.read(given, user.zone, now, limits)
    state, notices = reading.state, reading.notices
    if api and state.filters.apis:
        state, notices = state.filtered(apis=()), (*notices, "“api” was left out: this page is about one API.")
    access.check_apis(scope, (api,) if api else state.filters.apis)
    state, closed = _without_closed(user, state)
    return Asked(user, scope, path, state, state.range(now, limits), (*notices, *closed), reading.was_typed, api)


def _without_closed(user: User, state: State) -> tuple[State, list[str]]:
    """The state without filters that make its figures tell of what the user is not shown; and what is to be said."""
    given = [
        (name, of) for name, of in states.SINGLE_FILTERS.items() if of in access.FILTERED and getattr(state.filters, of)
    ]
    closed = [(name, of) for name, of in given if not access.shows(user, access.FILTERED[of])]
    said = [f"“{name}” was left out: your account is not shown {access.FILTERED[of].words}." for name, of in closed]
    return (state.filtered(**{of: "" for _, of in closed}) if closed else state), said


def api_names(scope: Scope, window: Window, apis: tuple[str, ...]) -> dict[str, str]:
    """The names of some APIs, by id, as their traffic in a window tells them."""
    if not apis:
        return {}
    rows = breakdown(scope, window, TOTAL, TrafficFilters(apis=apis)).rows
    return {row.api: row.api_name or row.name or row.api for row in rows}
