"""What may be asked of the audit log: by the page, where a part of a word will do, and by REST, where it must be whole.

A day is whole: on the page it is one in the reader's zone, in REST one in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.functional import cached_property
from django_filters import FilterSet
from rest_framework import serializers
from rest_framework.request import Request

from apps.audit.models import AuditRecord
from apps.audit.querysets import AuditRecordQuerySet, RecordSearch
from apps.core.exceptions import ApplicationError
from apps.core.ids import is_object_id
from apps.core.list_state import FilterChip, ListState

MAX_LENGTH = 200  # characters of one value
DAY = timedelta(days=1)
TEXTS = ("user", "action", "method", "status", "url", "ip")
TIMES = {"from": "start", "to": "end"}
CURSORS = ("before", "after")


class TimeField(forms.Field):
    """A minute, or a day, in the reader's zone; gives the moment, of a day its midnight and ``later``."""

    def __init__(self, *, later: timedelta = timedelta(), **options: Any) -> None:
        self.later = later
        super().__init__(**options)

    def to_python(self, value: str | None) -> datetime | None:
        """Read it. Raises ``ValidationError``, also for a moment that no calendar has in every zone."""
        try:
            return self._moment(value) if value else None
        except (ValueError, OverflowError) as error:
            raise ValidationError("Not a time") from error

    def _moment(self, text: str) -> datetime:
        zone, moment = timezone.get_current_timezone(), datetime.fromisoformat(text)
        whole = self.later if len(text) <= len("2026-01-01") else timedelta()
        moment = (moment + whole).replace(tzinfo=moment.tzinfo or zone)
        for one in (UTC, zone):
            moment.astimezone(one)
        return moment


class IntegerFilter(django_filters.NumberFilter):  # type: ignore[misc]  # it ships no types
    """A whole number."""

    field_class = forms.IntegerField


class TimeFilter(django_filters.Filter):  # type: ignore[misc]  # it ships no types
    """A side of a range of time."""

    field_class = TimeField


class RecordFilter(FilterSet):  # type: ignore[misc]  # it ships no types
    """What the page looks for."""

    user = django_filters.CharFilter(label="User has", max_length=MAX_LENGTH)
    action = django_filters.CharFilter(label="Action has", max_length=MAX_LENGTH)
    method = django_filters.CharFilter(label="Method is", validators=[RegexValidator(r"\A[A-Za-z]{1,16}\Z")])
    status = IntegerFilter(label="Status is", min_value=0, max_value=999)
    url = django_filters.CharFilter(label="Path has", max_length=MAX_LENGTH)
    ip = django_filters.CharFilter(label="Address is", max_length=MAX_LENGTH)

    class Meta:
        model = AuditRecord
        fields: Sequence[str] = ()

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """Add the two times, the name of one of which is a word of Python's."""
        times = {"from": TimeFilter(label="From"), "to": TimeFilter(label="Until", later=DAY)}
        return {**super().get_filters(), **times}

    @property
    def search(self) -> RecordSearch:
        """What is looked for; nothing, unless all of it can be."""
        read: dict[str, Any] = {} if self.errors else self.form.cleaned_data
        given: dict[str, Any] = {name: read[name] for name in TEXTS if read.get(name) not in (None, "")}
        times = {side: read.get(name) for name, side in TIMES.items()}
        return RecordSearch(**{**given, **times, "method": read.get("method", "").upper()}, partly=True)

    def filter_queryset(self, queryset: AuditRecordQuerySet) -> AuditRecordQuerySet:
        """Keep it."""
        return queryset.matching(self.search)


class AuditListState(ListState):
    """The state of the audit page. ``before`` and ``after`` are ids of records: the list goes on from there."""

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params, RecordFilter, {}, paging=CURSORS)

    def unreadable(self) -> set[str]:
        """Name what is no id, too."""
        given = {name: self.values[name] for name in CURSORS if name in self.values}
        return super().unreadable() | {name for name, text in given.items() if not is_object_id(text)}

    def chip(self, name: str, field: forms.Field) -> FilterChip:
        """Say a time as people write it."""
        chip = super().chip(name, field)
        return replace(chip, value=chip.value.replace("T", " ")) if name in TIMES else chip

    @cached_property
    def record_search(self) -> RecordSearch:
        """What is looked for."""
        search: RecordSearch = RecordFilter(self.values).search
        return search

    @property
    def local_times(self) -> dict[str, str]:
        """The sides of the range as a form field takes them, by the names of their parameters."""
        sides = {name: getattr(self.record_search, side) for name, side in TIMES.items()}
        return {name: timezone.make_naive(at).isoformat(timespec="minutes") for name, at in sides.items() if at}


class BadSearch(ApplicationError):
    """A parameter is not what it must be. Status and wording are the documented ones."""

    message = "could not retrieve audit records"


class SearchParameters(serializers.Serializer[Any]):
    """The parameters of ``GET /api/audit-logs`` (dashboard REST, 5.13); those without a value do not narrow."""

    user = serializers.CharField(required=False, allow_blank=True, help_text="E-mail address of who did it.")
    action = serializers.CharField(required=False, allow_blank=True, help_text="Title, such as `Update User`.")
    ip = serializers.CharField(required=False, allow_blank=True)
    method = serializers.CharField(required=False, allow_blank=True)
    status = serializers.IntegerField(required=False, min_value=0, max_value=999)
    url = serializers.CharField(
        required=False, allow_blank=True, help_text="A part of the path, in its case; the query string is not searched."
    )
    from_date = serializers.DateField(required=False, help_text="First day, UTC.", input_formats=["%Y-%m-%d"])
    to_date = serializers.DateField(required=False, help_text="Last day, UTC.", input_formats=["%Y-%m-%d"])
    download = serializers.BooleanField(required=False, help_text="All records, as a file.")
    type = serializers.CharField(required=False, allow_blank=True, help_text="Of the file: `csv`, otherwise JSON.")


def search_parameters(request: Request) -> dict[str, Any]:
    """Give the parameters of a request. Raises ``BadSearch``."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    parameters = SearchParameters(data=given)
    if not parameters.is_valid():
        raise BadSearch
    return cast("dict[str, Any]", parameters.validated_data)


def record_search(parameters: Mapping[str, Any]) -> RecordSearch:
    """Give what is looked for. Raises ``BadSearch`` for a day that ends no calendar."""
    given = {name: parameters[name] for name in TEXTS if name in parameters}
    try:
        start, end = _midnight(parameters.get("from_date"), 0), _midnight(parameters.get("to_date"), 1)
    except OverflowError as error:
        raise BadSearch from error
    return RecordSearch(**given, start=start, end=end)


def _midnight(day: date | None, later: int) -> datetime | None:
    return datetime.combine(day + timedelta(days=later), time(), tzinfo=UTC) if day else None
