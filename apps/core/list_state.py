"""The state of a list, which is its URL: filters, search, sort and page.

A parameter that cannot be obeyed is named in a notice and left out; one that is empty is left out of URLs. So a view
of a list can be shared, and the back button works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.filters import SearchFilter, TenantFilterSet, TimeField

Rows = TypeVar("Rows", bound=QuerySet[Any])
SEARCH, SORT, PAGE = "q", "sort", "p"
ROWS = 25
SHOWN = 40  # characters of a parameter that a notice repeats
MAX_LENGTH = 200  # characters of a filter's value; a search has its own limit

#: Parameters that say from where on a list is shown, each with what tells whether a value is one.
Paging = Mapping[str, Callable[[str], bool]]
#: Pages by number. What is no number means the first one, and one past the end the last.
NUMBERED: Paging = {PAGE: bool}


@dataclass(frozen=True)
class FilterChip:
    """One thing that is filtered by, in words, and the URL (or its query string alone) without it."""

    label: str
    value: str
    without: str


class ListState:
    """What the query parameters of a list ask for; who asks decides which related rows can be chosen.

    ``filterset_class`` reads the filters. ``sorts`` are the columns that may be sorted by: what stands in the URL →
    names of fields; the first is the order that a URL without one means, and a list without any has its own order.
    """

    def __init__(
        self,
        request: HttpRequest,
        filterset_class: type[TenantFilterSet],
        sorts: Mapping[str, Sequence[str]] | None = None,
        paging: Paging = NUMBERED,
    ) -> None:
        self.request, params = request, request.GET.dict()
        self.filterset_class, self.sorts, self.paging = filterset_class, sorts or {}, paging
        known = [*filterset_class.base_filters, *([SORT] if sorts else []), *paging]
        self.notices = [f"“{name[:SHOWN]}” is not known here." for name in sorted(params.keys() - {*known})]
        given = {name: _cleaned(name, value) for name, value in params.items() if name in known}
        self.values = {name: value for name, value in given.items() if value}
        unreadable = self._filterset().errors
        for name in known:
            if name in self.values and (name in unreadable or not self._is_readable(name, self.values[name])):
                text = self.values.pop(name)[:SHOWN]
                self.notices.append(f"“{name}” was left out: “{text}” cannot be looked for.")

    def _is_readable(self, name: str, value: str) -> bool:
        if name == SORT:
            return value.removeprefix("-") in self.sorts
        if name in self.paging:
            return self.paging[name](value)
        return name == SEARCH or len(value) <= MAX_LENGTH

    def _filterset(self, rows: QuerySet[Any] | None = None) -> Any:
        return self.filterset_class(self.values, rows, request=self.request)

    def query_string(self, **changes: str | int) -> str:
        """Give the query string of this state with some changes, ``?`` included; "" when nothing is asked."""
        pairs = {name: value for name, value in {**self.values, **changes}.items() if value}
        return f"?{urlencode(pairs)}" if pairs else ""

    def restarted(self, **changes: str | int) -> str:
        """Give the query string with some changes, from the first page on."""
        return self.query_string(**{**dict.fromkeys(self.paging, ""), **changes})

    @property
    def search_fields(self) -> list[tuple[str, str]]:
        """What a new search keeps beside the filters, from the first page on: names and values."""
        others = {*self.filterset_class.base_filters, *self.paging}
        return [(name, value) for name, value in self.values.items() if name not in others]

    @property
    def is_searchable(self) -> bool:
        """Whether a text may be searched for."""
        return SEARCH in self.filterset_class.base_filters

    @property
    def search(self) -> str:
        """What is searched for."""
        return self.values.get(SEARCH, "")

    @property
    def filters(self) -> list[str]:
        """The parameters that may leave rows out."""
        return [name for name in self.filterset_class.base_filters if name in self.values]

    @cached_property
    def form(self) -> forms.Form:
        """The filters as a form, filled in."""
        form: forms.Form = self._filterset().form
        return form

    @property
    def controls(self) -> list[forms.BoundField]:
        """The filters to be chosen from, filled in; the search stands in its own field."""
        return [field for field in self.form if field.name != SEARCH]

    @cached_property
    def chips(self) -> list[FilterChip]:
        """What is filtered by, one by one; the search stands in its own field."""
        return [self._chip(name, self.form.fields[name]) for name in self.filters if name != SEARCH]

    def _chip(self, name: str, field: forms.Field) -> FilterChip:
        return FilterChip(str(field.label), _in_words(field, self.values[name]), self.restarted(**{name: ""}))

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

    def rows(self, rows: Rows) -> Rows:
        """Keep the rows that are asked for, in the order that is asked for; equal ones by their ids."""
        found: Rows = self._filterset(rows).qs
        if not self.sorts:
            return found
        sign = "-" if self.is_descending else ""
        order = [f"{sign}{name}" for name in self.sorts.get(self.column, ())]
        return found.order_by(*order, "pk")

    def page(self, rows: QuerySet[Any]) -> Page[Any]:
        """Give the page of rows that is asked for; the last one, when there are not so many."""
        return Paginator(self.rows(rows), ROWS).get_page(self.values.get(PAGE))


def _cleaned(name: str, value: str) -> str:
    """Give a value without the blanks around it; whatever somebody types is searched for, if it is not too long."""
    return value.replace("\0", "").strip()[: SearchFilter.MAX_LENGTH].strip() if name == SEARCH else value.strip()


def _in_words(field: forms.Field, value: str) -> str:
    if isinstance(field, TimeField):
        return field.in_words(value)
    if isinstance(field, forms.ModelChoiceField):  # without a look at all the others
        return field.label_from_instance(field.to_python(value))
    choices = {str(choice): str(label) for choice, label in getattr(field, "choices", ())}
    return choices.get(value, value)
