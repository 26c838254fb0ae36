"""What is added to a record and what is taken from it before it is stored. Pure.

Place by client IP, where the gateway told none; paths normalised as the gateway would; secrets out of
recorded messages; and what PostgreSQL cannot hold out of texts and of the fields that came undecoded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import msgpack
import msgspec
import polars as pl

from apps.analytics.caps import OTHER

from . import bounds
from .columns import RAW_FIELDS
from .recorded_messages import HEAD_REMOVED, redactor
from .records import Geo

#: Stands where a character was that cannot be stored.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: Bytes of an undecoded field that are opened, and members that it may have; gateways send less than one of them.
MAX_RAW_BYTES, _MAX_MEMBERS = 64 << 10, 100
#: Levels of lists and maps kept of an undecoded field; gateways send three.
_DEEPEST = 20
#: The gateway's own patterns (`analytics_config.normalise_urls`), in its order. The number has no
#: right boundary there either: ``/12ab`` becomes ``/{id}ab``.
UUIDS = (
    r"[0-9a-fA-F]{8}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{12}",
    "{uuid}",
)
ULIDS = (r"(?i)[0-7][0-9A-HJKMNP-TV-Z]{25}", "{ulid}")
NUMBERS = (r"/([0-9]+)", "/{id}")

_encoder = msgspec.msgpack.Encoder()

Locator = Callable[[str], Geo | None]


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What one pump adds and takes. ``locate`` finds the place of a client IP; ``patterns`` normalise paths.

    ``max_record_size`` is in bytes of base64 text, 0 for no limit.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    locate: Locator | None = None
    redacted_headers: tuple[str, ...] = ()
    redacted_parameters: tuple[str, ...] = ()
    omit_detailed_recording: bool = False
    max_record_size: int = 0

    def apply(self, fields: pl.DataFrame) -> pl.DataFrame:
        """Add places to fields of records (``columns.FIELD_SCHEMA``), and clean the recorded messages."""
        cleaned = fields.with_columns(map(self._cleaned, fields.select("raw_request", "raw_response")))
        return _located(cleaned, self.locate) if self.locate else cleaned

    def normalised_path(self) -> pl.Expr:
        """The path with its variable parts named; a tracked endpoint's pattern stays as it is."""
        path = normalised = pl.col("path")
        for pattern, name in self.patterns:
            normalised = normalised.str.replace_all(pattern, name)
        return pl.when("tracked").then(path).otherwise(normalised).alias("path")

    def _cleaned(self, messages: pl.Series) -> pl.Series:
        if not (messages != "").any():
            return messages
        redact = redactor(self.redacted_headers, self.redacted_parameters)
        return pl.Series(messages.name, [self._recorded(message, redact) for message in messages], dtype=pl.String)

    def _recorded(self, message: str, redact: Callable[[str], str]) -> str:
        if self.omit_detailed_recording or not message:
            return ""
        message = redact(message)
        # Whole groups of four only: half a group of base64 cannot be read again.
        return message[: self.max_record_size // 4 * 4] if self.max_record_size else message


def _located(fields: pl.DataFrame, locate: Locator) -> pl.DataFrame:
    """The same fields with a place for each client IP whose country the gateway did not tell."""
    unknown = (pl.col("country") == "") & (pl.col("ip_address") != "")
    client_ips = fields.filter(unknown)["ip_address"].unique()
    places = [(client_ip, place) for client_ip in client_ips if (place := locate(client_ip))]
    if not places:
        return fields
    rows = [(client_ip, place.Country.ISOCode, bytes(place.City), bytes(place.Location)) for client_ip, place in places]
    names = ["country", "city", "location"]
    found = pl.DataFrame(rows, schema=["ip_address", *names], orient="row")
    joined = fields.join(found, on="ip_address", how="left", maintain_order="left", suffix=" found")
    known = unknown & pl.col("country found").is_not_null()
    chosen = (pl.when(known).then(f"{name} found").otherwise(name).alias(name) for name in names)
    return joined.with_columns(chosen).select(fields.columns)


def latencies() -> Iterator[pl.Expr]:
    """The latency that is the request time where no latency came, and no part of it below nothing.

    Gateways write the same number as both; old ones and other programs know the request time only.
    """
    yield pl.when(pl.col("latency") == 0).then("request_time").otherwise("latency").alias("latency")
    yield pl.col("gateway_latency").clip(0)


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """NUL, which PostgreSQL refuses in text, and what stands for rare values replaced; they are rarely there."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    is_odd = pl.col(texts).str.contains("\0", literal=True) | (pl.col(texts) == OTHER)
    found = frame.select(is_odd.any())
    odd = pl.col([name for name in texts if found[name][0]])
    if not any(found.row(0)):
        return frame
    free = odd.replace(OTHER, f"{REPLACEMENT}other")
    return frame.with_columns(free.str.replace_all("\0", REPLACEMENT, literal=True))


def details(raw_fields: tuple[Any, ...]) -> dict[str, Any]:
    """What few records have, from the undecoded (city, location, network, GraphQL, MCP)."""
    opened = map(open_raw, raw_fields)
    city, location, network, graphql, mcp = (value if isinstance(value, dict) else {} for value in opened)
    found = {
        "city": city if city.get("GeoNameID") or city.get("Names") else None,
        "location": location if any(location.values()) else None,
        "network": network if any(network.values()) else None,
        "graphql": graphql if graphql.get("IsGraphQL") else None,
        "mcp": mcp if mcp.get("IsMCP") else None,
    }
    return {name: value for name, value in found.items() if value}


def as_json(details: dict[str, Any]) -> str | None:
    """The same as text; None when there is nothing."""
    return json.dumps(details, ensure_ascii=False) if details else None


def opened_details(fields: pl.DataFrame) -> tuple[pl.Series, dict[int, str]]:
    """JSON of what few records have (``columns.FIELD_SCHEMA``), and what is wrong with its numbers, by row.

    Nearly all records have the same empty raw fields: only different ones are opened.
    """
    names = list(RAW_FIELDS.values())
    different = fields.select(names).unique()
    # One after the other: opened, they take many times their bytes.
    found = [(as_json(one), bounds.fault_of_details(one)) for one in map(details, different.iter_rows())]
    texts = pl.Series("details", [text for text, _ in found], dtype=pl.String)
    faults = pl.Series("fault", [fault for _, fault in found], dtype=pl.String)
    if len(texts) == 1 and not faults[0]:
        return texts.new_from_index(0, fields.height), {}
    opened = different.with_columns(texts, faults)
    joined = fields.select("row", *names).join(opened, on=names, how="left", maintain_order="left")
    return joined["details"], dict(joined.filter(pl.col("fault") != "").select("row", "fault").iter_rows())


def cut_fields(fields: pl.DataFrame) -> pl.DataFrame:
    """The ``row`` of each undecoded field and of each recorded message (cleaned) that is not kept whole: too large."""
    large = [pl.col(name).bin.size() > MAX_RAW_BYTES for name in RAW_FIELDS.values()]
    removed = [pl.col(name) == HEAD_REMOVED for name in ("raw_request", "raw_response")]
    is_any = fields.select(is_cut.any() for is_cut in (*large, *removed)).row(0)  # nearly never
    found = [is_cut for is_cut, is_there in zip((*large, *removed), is_any, strict=True) if is_there]
    return pl.concat([fields[:0].select("row"), *(fields.filter(is_cut).select("row") for is_cut in found)])


def plain(value: Any, levels: int = _DEEPEST) -> Any:
    """The same value in what PostgreSQL's JSON has too: texts as keys, no NUL, no NaN, an end to its nesting."""
    match value:
        case bytes():
            return plain(value.decode("utf-8", "replace"))
        case str():
            return value.replace("\0", REPLACEMENT)
        case float():
            return value if isfinite(value) else None
        case msgpack.Timestamp():
            return [value.seconds, value.nanoseconds]
        case dict() if levels:
            return {plain(str(key)): plain(item, levels - 1) for key, item in value.items()}
        case list() | tuple() if levels:
            return [plain(item, levels - 1) for item in value]
        case bool() | int():
            return value
    return None


def raw(value: Any) -> msgspec.Raw:
    """A value as an undecoded field."""
    return msgspec.Raw(_encoder.encode(value))


def open_raw(field: msgspec.Raw) -> Any:
    """The value of an undecoded field in what JSON has too; None when it was not sent or is too odd.

    Of one that is larger than ``MAX_RAW_BYTES``, the members that have room in so many bytes.
    """
    data = bytes(field)
    try:
        value = _small_members(data) if len(data) > MAX_RAW_BYTES else _unpacked(data) if data else None
    except (ValueError, TypeError, msgpack.UnpackException):
        # Nested a thousand times, or lists as keys of a map.
        return None
    return plain(value)


def _unpacked(data: bytes) -> Any:
    return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="replace")


def _small_members(data: bytes) -> dict[Any, Any]:
    """Of a map the first members, without those that have no room."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(data))
    unpacker.feed(data)
    found, room = {}, MAX_RAW_BYTES
    for _ in range(min(unpacker.read_map_header(), _MAX_MEMBERS)):
        start = unpacker.tell()
        unpacker.skip()
        middle = unpacker.tell()
        unpacker.skip()
        size = unpacker.tell() - start
        if size <= room:
            found[_unpacked(data[start:middle])] = _unpacked(data[middle : start + size])
            room -= size
    return found
