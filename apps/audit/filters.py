"""What a REST client looks for in the audit log: the parameters of the query."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request

from apps.audit.querysets import Sought
from apps.core.exceptions import ApplicationError


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


def asked(request: Request) -> dict[str, Any]:
    """Give the parameters of a request. Raises ``BadSearch``."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    parameters = SearchParameters(data=given)
    if not parameters.is_valid():
        raise BadSearch
    return cast(dict[str, Any], parameters.validated_data)


def sought(parameters: dict[str, Any]) -> Sought:
    """Give what is looked for; days are whole and in UTC. Raises ``BadSearch`` for a day that ends no calendar."""
    names = ("user", "action", "ip", "method", "status", "url")
    given = {name: parameters[name] for name in names if name in parameters}
    try:
        start, end = _midnight(parameters.get("from_date"), 0), _midnight(parameters.get("to_date"), 1)
    except OverflowError as error:
        raise BadSearch from error
    return Sought(**given, start=start, end=end)


def _midnight(day: date | None, later: int) -> datetime | None:
    return datetime.combine(day + timedelta(days=later), time(), tzinfo=UTC) if day else None
