"""What the numbers of a record can mean. Pure.

A number that nothing measured costs its record, which is rejected with the field and the number: added to others, it
would make every figure of its organisation wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from .columns import FIRST_SECOND, LAST_SECOND


class Bounds(NamedTuple):
    """The first and the last number that a field can have."""

    first: int
    last: int

    def holds(self, number: Any) -> bool:
        """Whether it is a number, and one of these."""
        return isinstance(number, (int, float)) and self.first <= number <= self.last

    def fault(self, name: str, number: Any) -> str:
        """Say that the number of a field is none of these."""
        return f"{name}: {str(number)[:40]} is none of {self.first:,} to {self.last:,}"


#: The largest whole number that every reader of JSON takes exactly, as bytes or connections.
_COUNT = Bounds(0, 2**53 - 1)
#: Milliseconds of a year: connections that stay open, streams and WebSockets, are recorded when they end.
MILLISECONDS = Bounds(0, 366 * 86_400_000)
#: −1 marks network statistics, 0 an answer that was none; HTTP has three digits.
STATUS = Bounds(-1, 999)
SECONDS, NANOSECONDS = Bounds(FIRST_SECOND, LAST_SECOND), Bounds(0, 999_999_999)
#: By columns of ``columns.FIELD_SCHEMA``: the name on the wire, and what the number can be.
FIELDS: dict[str, tuple[str, Bounds]] = {
    "status": ("ResponseCode", STATUS),
    "content_length": ("ContentLength", Bounds(-1, _COUNT.last)),
    "request_time": ("RequestTime", MILLISECONDS),
    "latency": ("Latency.Total", MILLISECONDS),
    "upstream_latency": ("Latency.Upstream", MILLISECONDS),
    # The difference of the two, which are cut to whole milliseconds each: it may fall below zero.
    "gateway_latency": ("Latency.Gateway", Bounds(-MILLISECONDS.last, MILLISECONDS.last)),
    "timestamp_second": ("TimeStamp (seconds)", SECONDS),
    "timestamp_nanosecond": ("TimeStamp (nanoseconds)", NANOSECONDS),
}
#: The same of what few records have, by where it is in ``enrich.details``.
DETAILS: Mapping[tuple[str, str], tuple[str, Bounds]] = {
    ("city", "GeoNameID"): ("Geo.City.GeoNameID", Bounds(0, 2**32 - 1)),
    ("location", "Latitude"): ("Geo.Location.Latitude", Bounds(-90, 90)),
    ("location", "Longitude"): ("Geo.Location.Longitude", Bounds(-180, 180)),
    **{
        ("network", counter): (f"Network.{counter}", _COUNT)
        for counter in ("OpenConnections", "ClosedConnection", "BytesIn", "BytesOut")
    },
}


def faults_of_fields(fields: pl.DataFrame) -> dict[int, str]:
    """What is wrong with the numbers of records (``columns.FIELD_SCHEMA``), by their rows."""
    if all(_holds_all(bounds, fields[column]) for column, (_, bounds) in FIELDS.items()):
        return {}
    within = [pl.col(column).is_between(*bounds) for column, (_, bounds) in FIELDS.items()]
    odd = fields.select("row", *FIELDS).filter(~pl.all_horizontal(within))
    return {record["row"]: _fault(record) for record in odd.iter_rows(named=True)}


def _holds_all(bounds: Bounds, numbers: pl.Series) -> bool:
    """Whether the smallest and the largest are within: nearly always, and told in a tenth of the time."""
    return numbers.is_empty() or (bounds.holds(numbers.min()) and bounds.holds(numbers.max()))


def _fault(record: Mapping[str, int]) -> str:
    faults = (bounds.fault(name, record[at]) for at, (name, bounds) in FIELDS.items() if not bounds.holds(record[at]))
    return "; ".join(faults)


def fault_of_details(details: Mapping[str, Mapping[str, Any]]) -> str:
    """What is wrong with the numbers among what few records have; "" when nothing is."""
    found = ((name, bounds, details.get(part, {}).get(field)) for (part, field), (name, bounds) in DETAILS.items())
    faults = (bounds.fault(name, value) for name, bounds, value in found if not (value is None or bounds.holds(value)))
    return "; ".join(faults)
