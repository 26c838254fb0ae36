"""Records to columns, and columns to the rows of every table. Pure.

Rows of aggregates are made per slice by polars: one pass per dimension, first by latency bucket,
then folded to one row per key with its histogram.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain, repeat

import msgspec
import polars as pl

from apps.analytics import dimensions, histogram
from apps.analytics.dimensions import Dimension

from .enrich import details, shortened, storable
from .wire import Record

#: Columns of a frame of records in the order of the raw table; ``tag_list`` is PostgreSQL's text.
RAW = (
    "organisation id timestamp api_id api_name api_version method host path raw_path original_path listen_path"
    " status key alias oauth_client content_length user_agent ip_address country request_time latency"
    " upstream_latency gateway_latency tags tracked expire_at raw_request raw_response details"
).split()
#: Columns of aggregate rows, as every level of the tables has them.
AGGREGATE = (
    "organisation bucket dimension api value detail name hits successes errors request_time latency"
    " upstream_latency min_latency max_latency min_upstream_latency max_upstream_latency last_hit histogram"
).split()
#: Columns that become values of aggregates.
VALUES = (
    "organisation",
    "api_id",
    "api_name",
    "api_version",
    "method",
    "path",
    "key",
    "alias",
    "oauth_client",
    "country",
)
#: Seconds from year 1 to 9999, which Python and PostgreSQL both hold.
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799

_BOUNDS = pl.Series(histogram.BOUNDS, dtype=pl.Int64)


def record_id(payload: bytes, time: tuple[int, int]) -> str:
    """32 hex digits: the record's millisecond, then a digest of its bytes, so a resend collides."""
    millisecond = time[0] * 1000 + time[1] // 1_000_000
    return f"{millisecond & 0xFFFF_FFFF_FFFF:012x}{blake2b(payload, digest_size=10).hexdigest()}"


def frame_of(records: Sequence[Record], rows: Sequence[int], ids: Sequence[str]) -> pl.DataFrame:
    """One row per record: the number of its payload and the columns of :data:`RAW`."""
    values = zip(*map(msgspec.structs.astuple, records), strict=True) if records else repeat(())
    columns = dict(zip(Record.__struct_fields__, values, strict=False))
    geo, latency = columns["Geo"], columns["Latency"]
    cities, locations = [place.City for place in geo], [place.Location for place in geo]
    rare = zip(cities, locations, columns["Network"], columns["GraphQLStats"], columns["MCPStats"], strict=True)
    texts = {
        "organisation": columns["OrgID"],
        "id": ids,
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
        pl.Series("tracked", columns["TrackPath"], dtype=pl.Boolean),
        _times("timestamp", columns["TimeStamp"]),
        _times("expire_at", columns["ExpireAt"]),
    ]
    return pl.DataFrame([pl.Series("row", rows, dtype=pl.UInt32), *series])


def _times(name: str, pairs: Sequence[tuple[int, int]]) -> pl.Series:
    seconds = pl.Series(name, [pair[0] for pair in pairs], dtype=pl.Int64).clip(FIRST_SECOND, LAST_SECOND)
    nanoseconds = pl.Series([pair[1] for pair in pairs], dtype=pl.Int64).clip(0, 999_999_999)
    return (seconds * 1_000_000 + nanoseconds // 1000).cast(pl.Datetime("us"))


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
    """PostgreSQL's text form of arrays of text. Lists repeat within a slice, so each is written once."""
    known: dict[tuple[str, ...], str] = {}
    found = []
    for items in lists:
        key = tuple(items or ())
        text = known.get(key)
        if text is None:
            text = known[key] = "{" + ",".join(map(_quoted, key)) + "}"
        found.append(text)
    return found


def _quoted(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tag_frame(rows: Sequence[int], lists: Sequence[list[str] | None], ignored_prefixes: Sequence[str]) -> pl.DataFrame:
    """Tags as (row, tag), each once per record: trimmed, without keys and ignored prefixes."""
    filled = [tags or () for tags in lists]
    owners = chain.from_iterable(map(repeat, rows, map(len, filled)))
    flat = pl.DataFrame(
        [
            pl.Series("row", list(owners), dtype=pl.UInt32),
            pl.Series("tag", list(chain.from_iterable(filled)), dtype=pl.String),
        ]
    )
    unwanted = pl.any_horizontal(pl.col("tag").str.starts_with(prefix) for prefix in ("key-", *ignored_prefixes))
    kept = flat.filter(~unwanted).with_columns(pl.col("tag").str.strip_chars(" "))
    return shortened(storable(kept.filter(pl.col("tag") != "").unique()), ["tag"])


def aggregates(frame: pl.DataFrame, tags: pl.DataFrame, *, every: str = "1m", all_paths: bool = False) -> pl.DataFrame:
    """Rows of all dimensions: the columns of :data:`AGGREGATE`, one row per key and bucket.

    ``every`` is the length of a bucket, ``all_paths`` counts untracked endpoints too.
    """
    hits = _measured(shortened(frame.filter(pl.col("status") != -1), VALUES), every, all_paths).lazy()
    tagged = tags.lazy().join(hits, on="row", how="inner")
    plans = [_rows(tagged if dimension is dimensions.TAG else hits, dimension) for dimension in dimensions.ALL]
    return pl.concat(pl.collect_all(plans))


def _measured(hits: pl.DataFrame, every: str, all_paths: bool) -> pl.DataFrame:
    """Hits with what is summed: flags, the latency bucket, and latencies of answers that are no errors."""
    fine = pl.col("status") < 400
    return hits.select(
        *("row", "organisation", "api_id", "api_name", "api_version", "method", "path", "key", "alias"),
        *("oauth_client", "country", "request_time", "latency", "upstream_latency"),
        bucket=pl.col("timestamp").dt.truncate(every),
        last_hit=pl.col("timestamp"),
        status=pl.col("status").cast(pl.String),
        successes=pl.col("status").is_between(200, 299).cast(pl.Int64),
        errors=(~fine).cast(pl.Int64),
        fine_latency=pl.when(fine).then("latency"),
        fine_upstream_latency=pl.when(fine).then("upstream_latency"),
        counted=pl.lit(value=True) if all_paths else pl.col("tracked"),
        mark=marks(hits["latency"]),
    )


def marks(latency: pl.Series) -> pl.Series:
    """The histogram bucket of each latency in milliseconds."""
    return (_BOUNDS.search_sorted(latency, side="right").cast(pl.Int64) - 1).clip(lower_bound=0).rename("mark")


def _rows(hits: pl.LazyFrame, dimension: Dimension) -> pl.LazyFrame:
    """Rows of one dimension: grouped by latency bucket first, then folded with the histogram."""
    fields = [field for field in (dimension.value, dimension.detail) if field]
    key = ["organisation", "bucket", *(["api_id"] if dimension.per_api else []), *fields]
    counted = [pl.col(field) != "" for field in fields]
    counted += [pl.col("counted")] if dimension.tracked else []
    counted += [pl.col("errors") > 0] if dimension.errors else []
    name = pl.col(dimension.name).last() if dimension.name else pl.lit("").first()
    by_mark = (
        hits.filter(*counted)
        .group_by(*key, "mark")
        .agg(
            pl.len().cast(pl.Int64).alias("hits"),
            name.alias("name"),
            pl.col("successes", "errors", "request_time", "latency", "upstream_latency").sum(),
            pl.col("fine_latency", "fine_upstream_latency").min(),
            pl.col("latency", "upstream_latency").min().name.prefix("min_"),
            pl.col("latency", "upstream_latency").max().name.prefix("max_"),
            pl.col("last_hit").max(),
        )
    )
    rows = by_mark.group_by(key).agg(
        pl.col("name").last(),
        pl.col("hits", "successes", "errors", "request_time", "latency", "upstream_latency").sum(),
        pl.col("fine_latency").min().fill_null(pl.col("min_latency").min()).alias("min_latency"),
        pl.col("max_latency").max(),
        pl.col("fine_upstream_latency")
        .min()
        .fill_null(pl.col("min_upstream_latency").min())
        .alias("min_upstream_latency"),
        pl.col("max_upstream_latency").max(),
        pl.col("last_hit").max(),
        pl.concat_str("mark", pl.lit(":"), "hits").str.join(" ").alias("histogram"),
    )
    empty = pl.lit("")
    return rows.select(
        "organisation",
        "bucket",
        pl.lit(dimension.code, dtype=pl.Int16).alias("dimension"),
        (pl.col("api_id") if dimension.per_api else empty).alias("api"),
        (pl.col(dimension.value) if dimension.value else empty).alias("value"),
        (pl.col(dimension.detail) if dimension.detail else empty).alias("detail"),
        *AGGREGATE[6:],
    )
