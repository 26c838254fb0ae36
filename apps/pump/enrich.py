"""What is added to a record and what is taken from it before it is stored. Pure.

Place from the address, where the gateway told none; paths normalised as the gateway would;
secrets out of recorded messages; the settings that leave parts or whole records out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import polars as pl

from .parts import REPLACEMENT, open_raw
from .records import Geo

#: Stands where a secret was.
REDACTED = b"[redacted]"
#: The gateway's own patterns (`analytics_config.normalise_urls`), in its order. The number has no
#: right boundary there either: ``/12ab`` becomes ``/{id}ab``.
UUIDS = (
    r"[0-9a-fA-F]{8}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{4}(-)?[0-9a-fA-F]{12}",
    "{uuid}",
)
ULIDS = (r"(?i)[0-7][0-9A-HJKMNP-TV-Z]{25}", "{ulid}")
NUMBERS = (r"/([0-9]+)", "/{id}")

Locator = Callable[[str], Geo | None]


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The rules of one pump. ``locate`` finds the place of an address; ``patterns`` normalise paths.

    ``max_record_size`` is in bytes of base64 text, 0 for no limit.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    locate: Locator | None = None
    redacted_headers: tuple[str, ...] = ()
    omit_detailed_recording: bool = False
    max_record_size: int = 0

    def apply(self, fields: pl.DataFrame) -> pl.DataFrame:
        """Add places to fields of records (``columns.FIELDS``), and clean the recorded messages."""
        cleaned = fields.with_columns(map(self._cleaned, fields.select("raw_request", "raw_response")))
        return _located(cleaned, self.locate) if self.locate else cleaned

    def _cleaned(self, messages: pl.Series) -> pl.Series:
        if not (messages != "").any():
            return messages
        redact = redactor(self.redacted_headers)
        return pl.Series(messages.name, [self._recorded(message, redact) for message in messages], dtype=pl.String)

    def _recorded(self, message: str, redact: Callable[[str], str]) -> str:
        if self.omit_detailed_recording or not message:
            return ""
        message = redact(message)
        # Whole groups of four only: half a group of base64 cannot be read again.
        return message[: self.max_record_size // 4 * 4] if self.max_record_size else message


def _located(fields: pl.DataFrame, locate: Locator) -> pl.DataFrame:
    """The same fields with a place for each address whose country the gateway did not tell."""
    unknown = (pl.col("country") == "") & (pl.col("ip_address") != "")
    addresses = fields.filter(unknown)["ip_address"].unique()
    places = [(address, place) for address in addresses if (place := locate(address))]
    if not places:
        return fields
    rows = [(address, place.Country.ISOCode, bytes(place.City), bytes(place.Location)) for address, place in places]
    names = ["country", "city", "location"]
    found = pl.DataFrame(rows, schema=["ip_address", *names], orient="row")
    joined = fields.join(found, on="ip_address", how="left", maintain_order="left", suffix=" found")
    known = unknown & pl.col("country found").is_not_null()
    chosen = (pl.when(known).then(f"{name} found").otherwise(name).alias(name) for name in names)
    return joined.with_columns(chosen).select(fields.columns)


def normalised(path: pl.Expr, patterns: Sequence[tuple[str, str]]) -> pl.Expr:
    """Paths with their variable parts named."""
    for pattern, name in patterns:
        path = path.str.replace_all(pattern, name)
    return path


@lru_cache(maxsize=8)
def redactor(headers: tuple[str, ...]) -> Callable[[str], str]:
    """A function that blanks the values of headers in base64 of an HTTP message."""
    if not headers:
        return lambda message: message
    names = b"|".join(re.escape(header.encode()) for header in headers)
    # A value may go on in lines that begin with a blank (obsolete folding).
    pattern = re.compile(rb"(?im)^((?:" + names + rb")[ \t]*:)[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*")
    return partial(_redacted, pattern)


def _redacted(pattern: re.Pattern[bytes], message: str) -> str:
    try:
        text = base64.b64decode(message, validate=True)
    except (binascii.Error, ValueError):
        # What cannot be read cannot be cleaned, so it is not kept.
        return base64.b64encode(b"[unreadable, removed]").decode()
    head, gap, body = _split(text)
    cleaned = pattern.sub(rb"\1 " + REDACTED, head)
    return message if cleaned == head else base64.b64encode(cleaned + gap + body).decode()


def _split(message: bytes) -> tuple[bytes, bytes, bytes]:
    crlf, lf = message.find(b"\r\n\r\n"), message.find(b"\n\n")
    if crlf >= 0 and (lf < 0 or crlf < lf):
        return message.partition(b"\r\n\r\n")
    return message.partition(b"\n\n")


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """NUL, which PostgreSQL refuses in text, replaced wherever it occurs; it is rarely there."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    found = frame.select(pl.col(texts).str.contains("\0", literal=True).any())
    dirty = [name for name in texts if found[name][0]]
    return frame.with_columns(pl.col(dirty).str.replace_all("\0", REPLACEMENT, literal=True)) if dirty else frame


def details(parts: tuple[Any, ...]) -> str | None:
    """JSON of what few records have, from the undecoded (city, location, network, GraphQL, MCP)."""
    opened = map(open_raw, parts)
    city, location, network, graphql, mcp = (part if isinstance(part, dict) else {} for part in opened)
    found = {
        "city": city if city.get("GeoNameID") or city.get("Names") else None,
        "location": location if any(location.values()) else None,
        "network": network if any(network.values()) else None,
        "graphql": graphql if graphql.get("IsGraphQL") else None,
        "mcp": mcp if mcp.get("IsMCP") else None,
    }
    kept = {name: value for name, value in found.items() if value}
    if not kept:
        return None
    return json.dumps(kept, ensure_ascii=False)
