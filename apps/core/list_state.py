"""The state of a list, which is its URL: filters, search, sort and page.

A parameter that cannot be obeyed is named in a notice and left out; one that is empty is left out of URLs. So a view
of a list can be shared, and the back button works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django_filters import FilterSet

from apps.core.filters import SearchFilter

SEARCH, SORT, PAGE = "q", "sort", "p"
ROWS = 25
SHOWN = 40  # characters of a parameter that a notice repeats


@dataclass(frozen=True)
class FilterChip:
    """One thing that is filtered by, in words, and the URL (or its query string alone) without it."""

    label: str
    value: str
    without: str


class ListState:
    """What the query parameters of a list ask for.

    ``sorts`` are the columns that may be sorted by: what stands in the URL → names of fields; the first is the order
    that an URL without one means. ``filterset_class`` reads all other parameters but ``p``. ``paging`` are further
    parameters that say only from where on the list is shown.
    """

    def __init__(
        self,
        params: Mapping[str, str],
        filterset_class: type[FilterSet],
        sorts: Mapping[str, Sequence[str]],
        paging: Sequence[str] = (PAGE,),
    ) -> None:
        self.filterset_class, self.sorts, self.paging = filterset_class, sorts, paging
        known = {*filterset_class.base_filters, SORT, *paging}
        self.notices = [f"“{name[:SHOWN]}” is not known here." for name in sorted(set(params) - known)]
        self.values = {name: value.strip() for name, value in params.items() if name in known and value.strip()}
        if SEARCH in self.values:  # whatever somebody types is searched for
            self.values[SEARCH] = self.values[SEARCH].replace("\0", "")[: SearchFilter.MAX_LENGTH]
        for name in sorted(self.unreadable()):
            text = self.values.pop(name)[:SHOWN]
            self.notices.append(f"“{name}” was left out: “{text}” cannot be looked for.")

    def unreadable(self) -> set[str]:
        """Name the parameters that cannot be obeyed."""
        names = {name for name in self._filterset(None).errors if name in self.values}
        is_sortable = self.values.get(SORT, "").removeprefix("-") in {"", *self.sorts}
        return names if is_sortable else {*names, SORT}

    def _filterset(self, rows: QuerySet[Any] | None) -> Any:
        return self.filterset_class(self.values, queryset=rows)

    def query_string(self, **changes: str | int) -> str:
        """Give the query string of this state with some changes, ``?`` included; "?" alone when nothing is asked."""
        pairs = {name: value for name, value in {**self.values, **changes}.items() if value}
        return f"?{urlencode(pairs)}"

    def restarted(self, **changes: str | int) -> str:
        """Give the query string with some changes, from the first page on."""
        return self.query_string(**{**dict.fromkeys(self.paging, ""), **changes})

    @property
    def search(self) -> str:
        """What is searched for."""
        return self.values.get(SEARCH, "")

    @property
    def is_filtered(self) -> bool:
        """Whether anything is asked for that may leave rows out."""
        return any(name in self.values for name in self.filterset_class.base_filters)

    @cached_property
    def chips(self) -> list[FilterChip]:
        """What is filtered by, one by one; the search stands in its own field."""
        fields = self._filterset(None).form.fields
        filtered = [name for name in fields if name in self.values and name != SEARCH]
        return [self.chip(name, fields[name]) for name in filtered]

    def chip(self, name: str, field: Any) -> FilterChip:
        """Say in words what one parameter filters by."""
        choices = {str(value): str(label) for value, label in getattr(field, "choices", ())}
        value = choices.get(self.values[name], self.values[name])
        return FilterChip(str(field.label), value, self.restarted(**{name: ""}))

    @property
    def column(self) -> str:
        """The column that is sorted by."""
        return self.values.get(SORT, "").removeprefix("-") or next(iter(self.sorts), "")

    @property
    def is_descending(self) -> bool:
        """Whether the last one comes first."""
        return self.values.get(SORT, "").startswith("-")

    def sorted_by(self, column: str) -> str:
        """Give the query string that sorts by a column; the other way round, when it does already."""
        turned = column == self.column and not self.is_descending
        wanted = f"-{column}" if turned else column
        return self.restarted(**{SORT: "" if wanted == next(iter(self.sorts), "") else wanted})

    def rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that are asked for, in the order that is asked for; equal ones by their ids."""
        found: QuerySet[Any] = self._filterset(rows).qs
        sign = "-" if self.is_descending else ""
        order = [f"{sign}{name}" for name in self.sorts.get(self.column, ())]
        return found.order_by(*order, "pk")

    def page(self, rows: QuerySet[Any]) -> Page[Any]:
        """Give the page of rows that is asked for; the last one, when there are not so many."""
        return Paginator(self.rows(rows), ROWS).get_page(self.values.get(PAGE))
