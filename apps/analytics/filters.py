"""What a REST client asks of the traffic: the days of the path and the parameters of the query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from apps.analytics.access import check_apis
from apps.analytics.queries import LogFilters, Step, TrafficFilters, Window
from apps.analytics.queries.granularity import current_retention, finest_step
from apps.analytics.queries.types import MOST_TAGS
from apps.core.exceptions import ApplicationError
from apps.core.tenancy import Caller, Scope, scope_of

#: Routes end with these six segments.
DATES = "<start_day>/<start_month>/<start_year>/<end_day>/<end_month>/<end_year>"

#: The last second of the year 9998, which is far enough for every calendar.
MAX_UNIX_TIME = 253_370_764_799


class BadDates(ApplicationError):
    """The six segments are no days, or not in their order."""

    message = "Dates must be {start day}/{start month}/{start year}/{end day}/{end month}/{end year}"


def whole_days(dates: Mapping[str, str]) -> Window:
    """The days of a path, both included, in UTC.

    Raises:
        BadDates: they are no days of the calendar, or the last is before the first.
    """
    first, last = (_day(*(dates[f"{end}_{unit}"] for unit in ("year", "month", "day"))) for end in ("start", "end"))
    if last < first:
        raise BadDates(f"{BadDates.message}; the end {last} is before the start {first}")
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
    return Window(start, end)


def _day(year: str, month: str, day: str) -> date:
    numbers = [int(text) if re.fullmatch("[0-9]{1,4}", text) else 0 for text in (year, month, day)]
    try:
        found = date(*numbers)
        found + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise BadDates(f"{BadDates.message}; {day}/{month}/{year} is no day") from error
    return found


class BadParameter(ApplicationError):
    """A parameter of the query has a value that it cannot have."""


@extend_schema_field(OpenApiTypes.INT)
class PageField(serializers.CharField):
    """The number of a page; what is no number is the first, so it is text here."""


class PageParameters(serializers.Serializer[Any]):
    """Which rows, and in which form."""

    p = PageField(required=False, help_text="Page, from 1; 0 or less gives every row.")
    type = serializers.ChoiceField(
        ["csv", "json"], required=False, help_text="`csv` gives a file; all rows unless `p` says otherwise."
    )


class OrderParameters(PageParameters):
    """And in which order."""

    by = serializers.CharField(
        required=False, help_text="Column to order by, such as `Hits`; hits unless it says otherwise."
    )
    sort = serializers.ChoiceField(["1", "-1"], required=False, help_text="1 ascending, −1 descending (the default).")


class TrafficParameters(OrderParameters):
    """Which traffic."""

    api_id = serializers.CharField(required=False, help_text="Only this API.")
    api_version = serializers.CharField(
        required=False, help_text="Only this version; `Non Versioned` for APIs that have none."
    )
    tags = serializers.CharField(
        required=False,
        help_text="Only requests that carry all of these tags, apart by commas or as several parameters.",
    )


class SeriesParameters(TrafficParameters):
    """Which traffic, apart by time."""

    res = serializers.ChoiceField(
        ["hour", "day", "month"],
        required=False,
        help_text="Length of a time bucket (UTC), as far back as such are kept; a day unless it says otherwise.",
    )


def series_step(params: Mapping[str, Any], window: Window) -> Step:
    """The length of a time bucket that :func:`validated_params` ask for; without ``res`` a day, or what is kept.

    Raises:
        BadParameter: the window begins before buckets so short are kept.
    """
    step, retention = params.get("res", "day"), current_retention()
    finest = finest_step(window, step, retention)
    if "res" in params and finest != step:
        first = retention.hours if step == "hour" else retention.days
        raise BadParameter(f"res: {step}s are kept since {first:%Y-%m-%d}; begin later, or ask for res={finest}")
    return finest


def validated_params(request: Request, parameters: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The parameters of a request that have a value.

    Raises:
        rest_framework.exceptions.ValidationError: one has a value that it cannot have.
    """
    data = {name: ",".join(values) if name == "tags" else values[-1] for name, values in request.query_params.lists()}
    serializer = parameters(data={name: value for name, value in data.items() if value != ""})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def traffic_filters(params: Mapping[str, Any], user: Caller, **more: Any) -> TrafficFilters:
    """The traffic that :func:`validated_params` ask for, and ``more``.

    Raises:
        ApiForbidden: an API is asked for by its id that the user may not see, even if its figures count in sums.
    """
    api = params.get("api_id", "")
    tags = dict.fromkeys(tag.strip() for tag in params.get("tags", "").split(",") if tag.strip())
    if len(tags) > MOST_TAGS:
        raise BadParameter(f"tags: there are more than {MOST_TAGS}")
    wanted = {"apis": (api,) if api else (), "version": params.get("api_version", ""), "tags": tuple(tags), **more}
    check_apis(scope_of(user), wanted["apis"])
    return TrafficFilters(**wanted)


class LogParameters(serializers.Serializer[Any]):
    """Which requests; the start of the range is required, its end is now unless it is given."""

    start = serializers.IntegerField(min_value=0, max_value=MAX_UNIX_TIME, help_text="Unix time in seconds.")
    end = serializers.IntegerField(
        min_value=0,
        max_value=MAX_UNIX_TIME,
        required=False,
        help_text="Unix time in seconds, not included; now unless it is given.",
    )
    p = PageField(required=False, help_text="Page, from 1; 0 or less gives every request.")
    api = serializers.CharField(required=False, help_text="Only this API.")
    key = serializers.CharField(required=False, help_text="Only this access key, as the gateway recorded it.")
    code = serializers.IntegerField(required=False, help_text="Only answers of this status.")
    errors = serializers.BooleanField(  # type: ignore[assignment]  # the name is the client's
        required=False, help_text="Only answers from 400."
    )


def log_filters(params: Mapping[str, Any], scope: Scope) -> tuple[Window, LogFilters]:
    """The range and the requests that :func:`validated_params` ask for.

    Raises:
        BadParameter: the range ends before it starts.
        ApiForbidden: the scope has not the API asked for.
    """
    start = datetime.fromtimestamp(params["start"], UTC)
    end = datetime.fromtimestamp(params["end"], UTC) if "end" in params else max(start, timezone.now())
    if end < start:
        raise BadParameter("end: it is before start")
    apis = (params["api"],) if params.get("api") else ()
    check_apis(scope, apis)
    wanted = LogFilters(
        apis=apis,
        key=params.get("key", ""),
        status=params.get("code"),
        errors=params.get("errors", False),
    )
    return Window(start, end), wanted
