"""Filters of lists: what may be asked of one by query parameters, the same for REST, pages and staff site.

A filterset declares them. Their ``label`` stands on the chips of pages, their ``help_text`` in the OpenAPI document.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions
from rest_framework.request import Request

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import TenantQuerySet

DAY = timedelta(days=1)


class TenantFilterSet(django_filters.FilterSet):  # type: ignore[misc]  # it ships no types
    """Filters of a list, of whose related rows only those can be chosen, and are named, that the caller may see."""

    def __init__(
        self, data: Any = None, queryset: Any = None, *, request: Any = None, prefix: str | None = None
    ) -> None:
        if queryset is None and self._meta.model is None:
            queryset = models.QuerySet()  # of nothing: who reads the form alone names no rows
        super().__init__(data, queryset, request=request, prefix=prefix)
        for one in self.filters.values():
            rows = getattr(one, "queryset", None)
            if isinstance(rows, TenantQuerySet):
                one.queryset = rows.visible_to(request.user) if request else rows.none()


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]  # it ships no types
    """Keeps what a person searching for a text may mean: asks ``search`` of the queryset."""

    MAX_LENGTH = 254

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": self.MAX_LENGTH, "label": "Search", **options})

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        """Keep those."""
        rows: Any = qs
        found: QuerySet[Any] = rows.search(value) if value else qs
        return found


class SearchFilterSet(TenantFilterSet):
    """A list that is searched and not filtered otherwise: ``search`` of its queryset says by what."""

    q = SearchFilter()


class IntegerFilter(django_filters.NumberFilter):  # type: ignore[misc]  # it ships no types
    """A whole number, with ``min_value`` and ``max_value`` if it has bounds."""

    field_class = forms.IntegerField


class TimeField(forms.Field):
    """A minute, or a whole day, in the reader's zone: gives the moment, of a day its beginning.

    With ``is_end`` a day gives its end, so that both sides of a range may be the same day.
    """

    def __init__(self, *, is_end: bool = False, **options: Any) -> None:
        self.is_end = is_end
        super().__init__(**options)

    def to_python(self, value: str | None) -> datetime | None:
        """Read it. Raises ``ValidationError``, also for a moment that no calendar has in every zone."""
        try:
            return self.moment(value) if value else None
        except (ValueError, OverflowError) as error:
            raise ValidationError("Not a time") from error

    def moment(self, text: str) -> datetime:
        """Give the moment of a text. Raises ``ValueError`` or ``OverflowError`` when there is none."""
        zone, moment = timezone.get_current_timezone(), datetime.fromisoformat(text)
        is_day = len(text) <= len("2026-01-01")
        moment = (moment + DAY if is_day and self.is_end else moment).replace(tzinfo=moment.tzinfo or zone)
        for one in (UTC, zone):
            moment.astimezone(one)
        return moment

    def prepare_value(self, value: str | None) -> str:
        """Write it as an input for local times takes it."""
        moment = self.to_python(value)
        return timezone.make_naive(moment).isoformat(timespec="minutes") if moment else ""

    def in_words(self, text: str) -> str:
        """Write it as people do."""
        return text.replace("T", " ")


class TimeFilter(django_filters.Filter):  # type: ignore[misc]  # it ships no types
    """One side of a range of time; the end with ``is_end``."""

    field_class = TimeField


class UTCDayField(TimeField):
    """A day in UTC and nothing else, as REST has it: gives its beginning, or its end."""

    def moment(self, text: str) -> datetime:
        """Give the moment of a text. Raises ``ValueError`` or ``OverflowError`` when there is none."""
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return day + DAY if self.is_end else day


@extend_schema_field(OpenApiTypes.DATE)
class UTCDayFilter(django_filters.Filter):  # type: ignore[misc]  # it ships no types
    """One side of a range of days in UTC; the end, which is included, with ``is_end``."""

    field_class = UTCDayField


class RestFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # it ships no types
    """Filters lists of REST by the view's ``filterset_class``; what cannot be read is refused as the view documents."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Keep the rows that are asked for. Raises ``ApplicationError``."""
        try:
            found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        except exceptions.ValidationError as error:
            raise ApplicationError.documented(view.malformed_query) from error
        return found
