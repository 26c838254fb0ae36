"""The columns of records: their names by those of the wire, and those of the raw table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import polars as pl

from .records import ZERO_TIME, Record

#: Columns of a frame of records in the order of the raw table; ``tags`` is PostgreSQL's text of the array.
RECORD_COLUMNS = (
    "organisation id timestamp api_id api_name api_version method host path raw_path original_path listen_path"
    " status key alias oauth_client content_length user_agent ip_address country request_time latency"
    " upstream_latency gateway_latency tags tracked expire_at raw_request raw_response details"
).split()
#: Columns of fields by their names on the wire, with a dot for each map that a field is in.
TEXT_FIELDS = {
    "OrgID": "organisation",
    "APIID": "api_id",
    "APIName": "api_name",
    "APIVersion": "api_version",
    "Method": "method",
    "Host": "host",
    "Path": "path",
    "RawPath": "raw_path",
    "OriginalPath": "original_path",
    "ListenPath": "listen_path",
    "APIKey": "key",
    "Alias": "alias",
    "OauthID": "oauth_client",
    "UserAgent": "user_agent",
    "IPAddress": "ip_address",
    "Geo.Country.ISOCode": "country",
    "RawRequest": "raw_request",
    "RawResponse": "raw_response",
}
NUMBER_FIELDS = {
    "ResponseCode": "status",
    "ContentLength": "content_length",
    "RequestTime": "request_time",
    "Latency.Total": "latency",
    "Latency.Upstream": "upstream_latency",
    "Latency.Gateway": "gateway_latency",
}
#: Each has two columns: seconds and nanoseconds.
TIME_FIELDS = {"TimeStamp": "timestamp", "ExpireAt": "expire_at"}
#: What only few records have, undecoded.
RAW_FIELDS = {
    "Geo.City": "city",
    "Geo.Location": "location",
    "Network": "network",
    "GraphQLStats": "graphql",
    "MCPStats": "mcp",
}
#: A record's fields as they came, with the number of its payload, and the value of a field that did not come.
DEFAULTS: dict[str, tuple[type[pl.DataType], object]] = {
    "row": (pl.UInt32, 0),
    **dict.fromkeys(TEXT_FIELDS.values(), (pl.String, "")),
    **dict.fromkeys(NUMBER_FIELDS.values(), (pl.Int64, 0)),
    "tracked": (pl.Boolean, False),
    **dict.fromkeys(("timestamp_second", "timestamp_nanosecond", "expire_at_nanosecond"), (pl.Int64, 0)),
    "expire_at_second": (pl.Int64, ZERO_TIME[0]),
    **dict.fromkeys(RAW_FIELDS.values(), (pl.Binary, b"")),
}
FIELD_SCHEMA = pl.Schema({name: kind for name, (kind, _) in DEFAULTS.items()})
#: One tag of a record with the number of its payload, in their order.
TAG_SCHEMA = pl.Schema({"row": pl.UInt32, "tag": pl.String})
#: Seconds from year 1 to 9999, which Python and PostgreSQL both hold.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799


class Fields(NamedTuple):
    """Some records: a row of :data:`FIELD_SCHEMA` each, and their tags as :data:`TAG_SCHEMA`."""

    fields: pl.DataFrame
    tags: pl.DataFrame


def fields_of(records: Mapping[int, Record]) -> Fields:
    """Decoded records by the numbers of their payloads."""
    columns: dict[str, Iterable[object]] = {"row": records}
    for name, column in {**TEXT_FIELDS, **NUMBER_FIELDS, "TrackPath": "tracked"}.items():
        columns[column] = map(attrgetter(name), records.values())
    for name, column in TIME_FIELDS.items():
        times = list(map(attrgetter(name), records.values()))
        columns[f"{column}_second"], columns[f"{column}_nanosecond"] = (
            [time[part] for time in times] for part in (0, 1)
        )
    for name, column in RAW_FIELDS.items():
        columns[column] = map(bytes, map(attrgetter(name), records.values()))
    return Fields(
        pl.DataFrame([pl.Series(name, list(columns[name]), dtype=kind) for name, kind in FIELD_SCHEMA.items()]),
        _tags_of(records),
    )


def _tags_of(records: Mapping[int, Record]) -> pl.DataFrame:
    """All tags in two columns made at one go: a record may have millions."""
    lists = [record.Tags or () for record in records.values()]
    rows = np.repeat(np.fromiter(records, np.uint32, len(records)), list(map(len, lists)))
    return pl.DataFrame({"row": rows, "tag": list(chain.from_iterable(lists))}, schema=TAG_SCHEMA)
