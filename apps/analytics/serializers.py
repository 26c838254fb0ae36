"""The shapes of analytics on the wire: rows of traffic and single requests.

Rows are many, so they are written by plain functions; the serializers describe them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from apps.analytics.models import AnalyticsRecord
from apps.analytics.queries import Totals
from apps.core.serializers import ZERO_TIME


def rfc3339(moment: datetime | None) -> str:
    """A time in UTC as Go writes it: no more digits of the second than it has."""
    if moment is None:
        return ZERO_TIME
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def number(value: float) -> float:
    """A number that has no fraction if it needs none: existing clients read some into integers."""
    return int(value) if value == int(value) else value


@dataclass(frozen=True, slots=True)
class Grouping:
    """What the requests of a row have in common; what they need not have in common is zero or empty."""

    day: int = 0
    month: int = 0
    year: int = 0
    hour: int = 0
    code: int = 0
    path: str = ""
    key: str = ""
    alias: str = ""
    url: str = ""
    iso_country: str = ""
    api_id: str = ""
    api_name: str = ""


GROUPING_FIELDS = tuple(field.name for field in fields(Grouping))


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """A row of traffic."""

    id: Grouping
    totals: Totals

    def metrics(self) -> dict[str, Any]:
        """The figures by their names on the wire. Times are milliseconds, averages where no word says otherwise."""
        totals = self.totals
        return {
            "hits": totals.hits,
            "success": totals.successes,
            "error": totals.errors,
            "last_hit": rfc3339(totals.last_hit),
            "request_time": number(totals.request_time),
            "latency": number(totals.latency),
            "upstream_latency": number(totals.upstream_latency),
            "max_upstream_latency": totals.max_upstream_latency,
            "min_upstream_latency": totals.min_upstream_latency,
            "max_latency": totals.max_latency,
            "min_latency": totals.min_latency,
        }

    def to_json(self) -> dict[str, Any]:
        """The row in JSON."""
        return {"id": {name: getattr(self.id, name) for name in GROUPING_FIELDS}, **self.metrics()}


class GroupingSerializer(serializers.Serializer[Grouping]):
    """What the requests of a row have in common; the rest is zero or empty."""

    day = serializers.IntegerField()
    month = serializers.IntegerField()
    year = serializers.IntegerField()
    hour = serializers.IntegerField()
    code = serializers.IntegerField(help_text="Status of the answers.")
    path = serializers.CharField()
    key = serializers.CharField(
        help_text="Access key as the gateway recorded it: hashed, unless it was told otherwise."
    )
    alias = serializers.CharField()
    url = serializers.CharField()
    iso_country = serializers.CharField()
    api_id = serializers.CharField()
    api_name = serializers.CharField()


class TrafficRowSerializer(serializers.Serializer[TrafficRow]):
    """Traffic of requests that have something in common. Times are in milliseconds."""

    id = GroupingSerializer()
    hits = serializers.IntegerField(help_text="Requests.")
    success = serializers.IntegerField(help_text="Answers 200–299.")
    error = serializers.IntegerField(help_text="Answers from 400.")
    last_hit = serializers.DateTimeField(help_text="`0001-01-01T00:00:00Z` when there was none.")
    request_time = serializers.FloatField(help_text="Average.")
    latency = serializers.FloatField(help_text="Average.")
    upstream_latency = serializers.FloatField(help_text="Average.")
    max_upstream_latency = serializers.IntegerField()
    min_upstream_latency = serializers.IntegerField(help_text="Without errors, unless all were errors.")
    max_latency = serializers.IntegerField()
    min_latency = serializers.IntegerField(help_text="Without errors, unless all were errors.")

    def to_representation(self, instance: TrafficRow) -> dict[str, Any]:
        """Write a row."""
        return instance.to_json()


class LatencySerializer(serializers.Serializer[Any]):
    """Milliseconds of a request: in all, and those that the upstream took."""

    Total = serializers.IntegerField()
    Upstream = serializers.IntegerField()


class RecordSerializer(serializers.Serializer[Any]):
    """One request, with the names that gateways record it under; ``id`` is ours."""

    id = serializers.UUIDField()
    Method = serializers.CharField()
    Host = serializers.CharField()
    Path = serializers.CharField()
    RawPath = serializers.CharField()
    ContentLength = serializers.IntegerField()
    UserAgent = serializers.CharField()
    Day = serializers.IntegerField()
    Month = serializers.IntegerField()
    Year = serializers.IntegerField()
    Hour = serializers.IntegerField()
    ResponseCode = serializers.IntegerField()
    APIKey = serializers.CharField()
    TimeStamp = serializers.DateTimeField()
    APIVersion = serializers.CharField()
    APIName = serializers.CharField()
    APIID = serializers.CharField()
    OrgID = serializers.CharField()
    OauthID = serializers.CharField()
    RequestTime = serializers.IntegerField(help_text="Milliseconds.")
    Latency = LatencySerializer()
    RawRequest = serializers.CharField(help_text="Base64 of the HTTP message, secrets removed.")
    RawResponse = serializers.CharField(help_text="Base64 of the HTTP message, secrets removed.")
    IPAddress = serializers.CharField()
    Geo = serializers.DictField(help_text="`Country.ISOCode`, `City`, `Location`.")
    Network = serializers.DictField()
    Tags = serializers.ListField(child=serializers.CharField())
    Alias = serializers.CharField()
    TrackPath = serializers.BooleanField()
    ExpireAt = serializers.DateTimeField()

    def to_representation(self, instance: AnalyticsRecord) -> dict[str, Any]:
        """Write a request."""
        record, moment = instance, instance.timestamp.astimezone(UTC)
        return {
            "id": str(record.id),
            "Method": record.method,
            "Host": record.host,
            "Path": record.path,
            "RawPath": record.raw_path,
            "ContentLength": record.content_length,
            "UserAgent": record.user_agent,
            "Day": moment.day,
            "Month": moment.month,
            "Year": moment.year,
            "Hour": moment.hour,
            "ResponseCode": record.status,
            "APIKey": record.key,
            "TimeStamp": rfc3339(moment),
            "APIVersion": record.api_version,
            "APIName": record.api_name,
            "APIID": record.api_id,
            "OrgID": record.organisation,
            "OauthID": record.oauth_client,
            "RequestTime": record.request_time,
            "Latency": {"Total": record.latency, "Upstream": record.upstream_latency},
            "RawRequest": record.raw_request,
            "RawResponse": record.raw_response,
            "IPAddress": record.ip_address,
            **_rare(record.details or {}, record.country),
            "Tags": record.tags,
            "Alias": record.alias,
            "TrackPath": record.tracked,
            "ExpireAt": rfc3339(record.expire_at),
        }


def _rare(details: Mapping[str, Any], country: str) -> dict[str, Any]:
    """What few records have; the others have it empty."""
    return {
        "Geo": {
            "Country": {"ISOCode": country},
            "City": {"GeoNameID": 0, "Names": None, **details.get("city", {})},
            "Location": {"Latitude": 0, "Longitude": 0, "TimeZone": "", **details.get("location", {})},
        },
        "Network": {
            **dict.fromkeys(("OpenConnections", "ClosedConnection", "BytesIn", "BytesOut"), 0),
            **details.get("network", {}),
        },
    }
