"""Pages of APIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.analytics import queries
from apps.analytics.access import traffic_scope
from apps.apis.models import Api
from apps.apis.resources import APIS
from apps.catalogue import columns
from apps.catalogue.facets import facets
from apps.catalogue.filters import QUIET_AFTER, SHAPE, CatalogueFilter
from apps.core.columns import Column
from apps.core.list_state import ListState
from apps.core.resource_views import ResourcePages

DAY = timedelta(days=1)


class ApiPages(ResourcePages):
    """List of APIs, with the traffic of the last day to who may read that."""

    resource = replace(APIS, filterset_class=CatalogueFilter)
    name, noun = "api", "API"
    queryset = (
        Api.objects.annotate(shape=SHAPE)
        .select_related("organisation")
        .defer("definition", "document", "hook_references")
        .prefetch_related("user_owners__user", "group_owners__group")
    )
    columns = ()
    list_template = "catalogue/apis.html"
    rows_template = "catalogue/_apis.html"
    title = "APIs"
    search_label = "Name, path, upstream, category, owner, operation"
    empty_title = "There are no APIs yet"
    empty_text = "Register one over REST or on the staff site, and gateways serve it."
    not_found_title = "No API is like that"
    not_found_text = "Nothing you may see fits “{search}” and what is chosen beside."
    show_all_label = "Show every API"

    @property
    def knows_traffic(self) -> bool:
        """Whether who looks may read figures of traffic."""
        return self.actor.allows("analytics")

    def list_columns(self) -> list[Column]:
        """Give the columns; figures to who may read them."""
        figures = [
            Column("Requests", columns.requests, css="amount figure"),
            Column("24 hours", columns.course, hide_narrow=True, css="trend figure"),
            Column("Errors", columns.errors, css="figure"),
        ]
        shown = [
            Column("API", columns.name, sort=["name"], css="name"),
            Column("Type", columns.shape, hide_narrow=True, sort=["kind", "api_type"], css="drop-2"),
            Column("Authentication", columns.authentication, hide_narrow=True, sort=["auth_type"], css="drop-1"),
            Column("Categories", columns.categories, hide_narrow=True, css="drop-1"),
            Column("State", columns.state, hide_narrow=True, sort=["-active"]),
            Column("Owners", columns.owners(self.actor), hide_narrow=True, css="owners drop-2"),
            *(figures if self.knows_traffic else []),
        ]
        return [*shown, *super().list_columns()]

    def list_details(self, state: ListState, rows: Sequence[Any]) -> dict[str, Any]:
        """Give the rows their traffic, and what the list can be narrowed to."""
        self._add_traffic(rows)
        seen: Any = Api.objects.visible_to(self.actor)
        return {"facets": facets(seen, state, with_traffic=self.knows_traffic), "knows_traffic": self.knows_traffic}

    def _add_traffic(self, apis: Sequence[Any]) -> None:
        now, found = timezone.now(), {}
        if self.knows_traffic:
            day, ids = queries.Window(now - DAY, now), [api.api_id for api in apis]
            found = queries.courses(traffic_scope(self.actor), day, now - QUIET_AFTER, ids)
        most = max((course.hits for course in found.values()), default=0) or 1
        for api in apis:
            api.knows_traffic, api.course = self.knows_traffic, found.get(api.api_id)
            api.share = api.course.hits / most if api.course else 0.0
