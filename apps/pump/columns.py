"""Records to columns, in the form of the raw table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain, repeat

import msgspec
import polars as pl

from .enrich import details
from .wire import Record

#: Columns of a frame of records in the order of the raw table; ``tags`` is PostgreSQL's text of the array.
RAW = (
    "organisation id timestamp api_id api_name api_version method host path raw_path original_path listen_path"
    " status key alias oauth_client content_length user_agent ip_address country request_time latency"
    " upstream_latency gateway_latency tags tracked expire_at raw_request raw_response details"
).split()
#: Seconds from year 1 to 9999, which Python and PostgreSQL both hold.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799


def record_id(payload: bytes, time: tuple[int, int]) -> bytes:
    """16 bytes: the record's millisecond in 6, then a digest of its payload, so a resend collides."""
    millisecond = time[0] * 1000 + time[1] // 1_000_000
    return (millisecond & 0xFFFF_FFFF_FFFF).to_bytes(6, "big") + sha256(payload).digest()[:10]


def frame_of(records: Sequence[Record], rows: Sequence[int], ids: Sequence[bytes]) -> pl.DataFrame:
    """One row per record: the number of its payload and the columns of :data:`RAW`."""
    values = zip(*map(msgspec.structs.astuple, records), strict=True) if records else repeat(())
    columns = dict(zip(Record.__struct_fields__, values, strict=False))
    geo, latency = columns["Geo"], columns["Latency"]
    cities, locations = [place.City for place in geo], [place.Location for place in geo]
    rare = zip(cities, locations, columns["Network"], columns["GraphQLStats"], columns["MCPStats"], strict=True)
    texts = {
        "organisation": columns["OrgID"],
        "api_id": columns["APIID"],
        "api_name": columns["APIName"],
        "api_version": columns["APIVersion"],
        "method": columns["Method"],
        "host": columns["Host"],
        "path": columns["Path"],
        "raw_path": columns["RawPath"],
        "original_path": columns["OriginalPath"],
        "listen_path": columns["ListenPath"],
        "key": columns["APIKey"],
        "alias": columns["Alias"],
        "oauth_client": columns["OauthID"],
        "user_agent": columns["UserAgent"],
        "ip_address": columns["IPAddress"],
        "country": [g.Country.ISOCode for g in geo],
        "tags": array_texts(columns["Tags"]),
        "raw_request": columns["RawRequest"],
        "raw_response": columns["RawResponse"],
        "details": _details(rare),
    }
    numbers = {
        "status": columns["ResponseCode"],
        "content_length": columns["ContentLength"],
        "request_time": columns["RequestTime"],
        "latency": [part.Total for part in latency],
        "upstream_latency": [part.Upstream for part in latency],
        "gateway_latency": [part.Gateway for part in latency],
    }
    series = [
        *(pl.Series(name, values, dtype=pl.String) for name, values in texts.items()),
        *(pl.Series(name, values, dtype=pl.Int64) for name, values in numbers.items()),
        pl.Series("id", ids, dtype=pl.Binary).bin.encode("hex"),
        pl.Series("tracked", columns["TrackPath"], dtype=pl.Boolean),
        _times("timestamp", columns["TimeStamp"]),
        _times("expire_at", columns["ExpireAt"]),
    ]
    return pl.DataFrame([pl.Series("row", rows, dtype=pl.UInt32), *series])


def _times(name: str, pairs: Sequence[tuple[int, int]]) -> pl.Series:
    numbers = pl.Series(name, list(chain.from_iterable(pairs)), dtype=pl.Int64).to_frame()
    second = pl.col(name).gather_every(2).clip(FIRST_SECOND, LAST_SECOND)
    nanosecond = pl.col(name).gather_every(2, offset=1).clip(0, 999_999_999)
    return numbers.select((second * 1_000_000 + nanosecond // 1000).cast(pl.Datetime("us"))).to_series()


def _details(rare: Iterable[tuple[msgspec.Raw, ...]]) -> list[str | None]:
    known: dict[bytes, str | None] = {}
    found: list[str | None] = []
    for parts in rare:
        # Nearly all records have the same empty parts: joining their bytes is cheaper than opening them.
        bytes_of_parts = b"".join(parts)
        if bytes_of_parts not in known:
            known[bytes_of_parts] = details(parts)
        found.append(known[bytes_of_parts])
    return found


def array_texts(lists: Sequence[list[str] | None]) -> list[str]:
    """PostgreSQL's text form of arrays of text."""
    everything = "".join(chain.from_iterable(filter(None, lists)))
    if '"' in everything or "\\" in everything:
        lists = [[item.replace("\\", "\\\\").replace('"', '\\"') for item in items or ()] for items in lists]
    return ['{"' + '","'.join(items) + '"}' if items else "{}" for items in lists]


def tag_frame(rows: Sequence[int], lists: Sequence[list[str] | None]) -> pl.DataFrame:
    """All tags, as (row, tag)."""
    filled = [tags or () for tags in lists]
    owners = chain.from_iterable(map(repeat, rows, map(len, filled)))
    return pl.DataFrame(
        [
            pl.Series("row", list(owners), dtype=pl.UInt32),
            pl.Series("tag", list(chain.from_iterable(filled)), dtype=pl.String),
        ]
    )
