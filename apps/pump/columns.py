"""Records to columns, in the form of the raw table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import polars as pl

from .enrich import details
from .records import ZERO_TIME, Record

#: Columns of a frame of records in the order of the raw table; ``tags`` is PostgreSQL's text of the array.
RAW = (
    "organisation id timestamp api_id api_name api_version method host path raw_path original_path listen_path"
    " status key alias oauth_client content_length user_agent ip_address country request_time latency"
    " upstream_latency gateway_latency tags tracked expire_at raw_request raw_response details"
).split()
#: Columns of fields by their names on the wire, with a dot for each map that a field is in.
TEXTS = {
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
NUMBERS = {
    "ResponseCode": "status",
    "ContentLength": "content_length",
    "RequestTime": "request_time",
    "Latency.Total": "latency",
    "Latency.Upstream": "upstream_latency",
    "Latency.Gateway": "gateway_latency",
}
#: Each has two columns: seconds and nanoseconds.
TIMES = {"TimeStamp": "timestamp", "ExpireAt": "expire_at"}
#: What only few records have, undecoded.
PARTS = {
    "Geo.City": "city",
    "Geo.Location": "location",
    "Network": "network",
    "GraphQLStats": "graphql",
    "MCPStats": "mcp",
}
#: A record's fields as they came, with the number of its payload, and the value of a field that did not come.
EMPTY: dict[str, tuple[type[pl.DataType], object]] = {
    "row": (pl.UInt32, 0),
    **dict.fromkeys(TEXTS.values(), (pl.String, "")),
    **dict.fromkeys(NUMBERS.values(), (pl.Int64, 0)),
    "tracked": (pl.Boolean, False),
    **dict.fromkeys(("timestamp_second", "timestamp_nanosecond", "expire_at_nanosecond"), (pl.Int64, 0)),
    "expire_at_second": (pl.Int64, ZERO_TIME[0]),
    **dict.fromkeys(PARTS.values(), (pl.Binary, b"")),
}
FIELDS = pl.Schema({name: kind for name, (kind, _) in EMPTY.items()})
#: One tag of a record with the number of its payload, in their order.
TAGS = pl.Schema({"row": pl.UInt32, "tag": pl.String})
#: Seconds from year 1 to 9999, which Python and PostgreSQL both hold.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
_SIX_BYTES = 0xFFFF_FFFF_FFFF


def record_id(payload: bytes, time: tuple[int, int]) -> bytes:
    """16 bytes: the record's millisecond in 6, then a digest of its payload, so a resend collides."""
    millisecond = time[0] * 1000 + time[1] // 1_000_000
    return (millisecond & _SIX_BYTES).to_bytes(6, "big") + sha256(payload).digest()[:10]


def _ids(payloads: Iterable[bytes], times: pl.DataFrame) -> pl.Series:
    """The same for many, in hexadecimal; ``times`` has a column of seconds and one of nanoseconds."""
    second, nanosecond = (column.to_numpy() for column in times)
    # Of a product only six bytes are kept, so six bytes of its factor are enough, and it never is too large.
    millisecond = (second & _SIX_BYTES) * 1000 + nanosecond // 1_000_000
    stamps = millisecond.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    digests = np.frombuffer(b"".join([sha256(payload).digest() for payload in payloads]), np.uint8).reshape(-1, 32)
    written = np.hstack([stamps, digests[:, :10]]).tobytes().hex()
    return pl.Series("id", [written[at : at + 32] for at in range(0, len(written), 32)], dtype=pl.String)


class Fields(NamedTuple):
    """Some records: a row of :data:`FIELDS` each, and their tags as :data:`TAGS`."""

    fields: pl.DataFrame
    tags: pl.DataFrame


def fields_of(records: Mapping[int, Record]) -> Fields:
    """Decoded records by the numbers of their payloads."""
    columns: dict[str, Iterable[object]] = {"row": records}
    for name, column in {**TEXTS, **NUMBERS, "TrackPath": "tracked"}.items():
        columns[column] = map(attrgetter(name), records.values())
    for name, column in TIMES.items():
        times = list(map(attrgetter(name), records.values()))
        columns[f"{column}_second"], columns[f"{column}_nanosecond"] = (
            [time[part] for time in times] for part in (0, 1)
        )
    for name, column in PARTS.items():
        columns[column] = map(bytes, map(attrgetter(name), records.values()))
    tags = [(row, tag) for row, record in records.items() for tag in record.Tags or ()]
    return Fields(
        pl.DataFrame([pl.Series(name, list(columns[name]), dtype=kind) for name, kind in FIELDS.items()]),
        pl.DataFrame(tags, schema=TAGS, orient="row"),
    )


def filled(fields: pl.DataFrame) -> pl.DataFrame:
    """The fields that came as :data:`FIELDS`.

    Raises:
        polars.exceptions.ComputeError: when bytes are to be a text and are not UTF-8.
    """
    return fields.select(
        (pl.col(name) if name in fields.columns else pl.lit(empty)).cast(kind).alias(name)
        for name, (kind, empty) in EMPTY.items()
    )


def raw_rows(fields: pl.DataFrame, tags: pl.DataFrame, payloads: Sequence[bytes]) -> pl.DataFrame:
    """One row per record: the number of its payload among ``payloads``, and the columns of :data:`RAW`."""
    own = payloads if fields.height == len(payloads) else [payloads[row] for row in fields["row"]]
    ids = _ids(own, fields.select("timestamp_second", "timestamp_nanosecond"))
    added = fields.with_columns(ids, _details(fields), *map(_time, TIMES.values()))
    return _with_tags(added, tags).select("row", *RAW)


def _time(column: str) -> pl.Expr:
    second = pl.col(f"{column}_second").clip(FIRST_SECOND, LAST_SECOND)
    nanosecond = pl.col(f"{column}_nanosecond").clip(0, 999_999_999)
    return (second * 1_000_000 + nanosecond // 1000).cast(pl.Datetime("us")).alias(column)


def _details(fields: pl.DataFrame) -> pl.Series:
    """Nearly all records have the same empty parts: only different ones are opened."""
    parts = fields.select(PARTS.values())
    different = parts.unique()
    texts = pl.Series("details", map(details, different.iter_rows()), dtype=pl.String)
    if len(texts) == 1:
        return texts.new_from_index(0, parts.height)
    opened = different.with_columns(texts)
    return parts.join(opened, on=list(PARTS.values()), how="left", maintain_order="left")["details"]


def _with_tags(fields: pl.DataFrame, tags: pl.DataFrame) -> pl.DataFrame:
    """Add the tags of each record as PostgreSQL's text form of an array."""
    escaped = pl.col("tag").str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    lists = tags.group_by("row", maintain_order=True).agg(escaped)
    texts = lists.select("row", tags=pl.lit('{"') + pl.col("tag").list.join('","') + pl.lit('"}'))
    return fields.join(texts, on="row", how="left", maintain_order="left").with_columns(pl.col("tags").fill_null("{}"))
