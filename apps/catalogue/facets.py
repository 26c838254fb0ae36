"""What there is to choose from beside the list of APIs, with how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func

from apps.apis.querysets import ApiQuerySet
from apps.catalogue.filters import (
    ATTENTION,
    AUTHENTICATION,
    OWNED,
    QUIET,
    SHAPE,
    SHAPES,
    STATES,
    UNCATEGORISED,
    UNLOGGED,
)
from apps.core.list_state import ListState

MAX_CATEGORIES = 200


@dataclass(frozen=True)
class Choice:
    """One value to choose: ``count`` is ``None`` where counting would take too long."""

    label: str
    count: int | None
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of one filter."""

    name: str
    label: str
    choices: list[Choice]

    @property
    def is_open(self) -> bool:
        """Whether it is shown unfolded: always the categories, others while one of their values is chosen."""
        return self.name in {"category", "attention", "state"} or any(choice.is_chosen for choice in self.choices)


def facets(rows: ApiQuerySet, state: ListState, *, with_traffic: bool) -> list[Facet]:
    """Give what the list can be narrowed to, of all rows that somebody sees; a second press takes a choice back."""
    counts = _counts(rows)
    labels = {
        "category": {category: category for category in counts["category"]},
        "attention": {name: label for name, label in ATTENTION.items() if with_traffic or name != QUIET},
        "type": SHAPES,
        "auth": AUTHENTICATION,
        "state": STATES,
        "owned": OWNED,
    }
    fields = state.form.fields
    found = (Facet(name, str(fields[name].label), _choices(name, of, counts, state)) for name, of in labels.items())
    return [facet for facet in found if facet.choices]


def _choices(
    name: str, labels: Mapping[str, str], counts: Mapping[str, Counter[str]], state: ListState
) -> list[Choice]:
    chosen, counted = state.values.get(name, ""), counts[name]
    return [
        Choice(label, None if value == QUIET else counted[value], _url(state, name, value), value == chosen)
        for value, label in labels.items()
        if counted[value] or value in {QUIET, chosen}
    ]


def _url(state: ListState, name: str, value: str) -> str:
    return state.restarted(**{name: "" if state.values.get(name) == value else value})


def _counts(rows: ApiQuerySet) -> dict[str, Counter[str]]:
    """Count the rows of each value, by filter, in two queries."""
    grouped = rows.order_by().annotate(shape=SHAPE).values("shape", "auth_type", "active", "is_owned", "is_logged")
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("type", "auth", "state", "owned", "attention")}
    for group in grouped.annotate(number=Count("pk")):
        for name, value in _values(group).items():
            counts[name][value] += group["number"]
    counts["category"] = _categories(rows)
    counts["attention"][UNCATEGORISED] = rows.filter(categories=[]).count()
    return counts


def _values(group: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "type": group["shape"],
        "auth": group["auth_type"],
        "state": "active" if group["active"] else "inactive",
        "owned": "yes" if group["is_owned"] else "no",
    }
    return values if group["is_logged"] else {**values, "attention": UNLOGGED}


def _categories(rows: ApiQuerySet) -> Counter[str]:
    each = rows.order_by().annotate(category=Func(F("categories"), function="unnest")).values("category")
    counted = each.annotate(number=Count("pk")).order_by("-number", "category")[:MAX_CATEGORIES]
    return Counter({one["category"]: one["number"] for one in sorted(counted, key=lambda one: one["category"])})
