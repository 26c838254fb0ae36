"""What is asked of the traffic and what is answered: plain values, no database.

Latencies and request times are milliseconds. Times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from apps.analytics.caps import OTHER

#: The length of one point of a series.
Step = Literal["minute", "quarter_hour", "hour", "day", "month"]

#: Tags and APIs that may be asked for at once: each tag is a condition of its own.
MOST_TAGS, MOST_APIS = 20, 100


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time, half open: a record at ``end`` is not in it. Both ends are aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TrafficFilters:
    """What requests must have to be counted; empty asks for nothing.

    ``apis`` are alternatives, and so are ``key`` and ``more_keys``; ``tags`` must all be there.
    ``path`` means tracked requests only, as everything that is counted per endpoint.
    """

    apis: tuple[str, ...] = ()
    version: str = ""
    tags: tuple[str, ...] = ()
    key: str = ""
    more_keys: tuple[str, ...] = ()
    oauth_client: str = ""
    country: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """What some requests add up to.

    ``successes`` are answers 200–299, ``errors`` from 400; others are hits that are neither.
    ``request_time``, ``latency`` and ``upstream_latency`` are averages. Minima leave errors out unless
    all were errors. Percentiles are of the total latency, within 5 %, and ``None`` when nothing was
    counted or nobody asked.
    """

    hits: int = 0
    successes: int = 0
    errors: int = 0
    request_time: float = 0.0
    latency: float = 0.0
    upstream_latency: float = 0.0
    min_latency: int = 0
    max_latency: int = 0
    min_upstream_latency: int = 0
    max_upstream_latency: int = 0
    last_hit: datetime | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    @property
    def error_rate(self) -> float:
        """Share of errors among the requests, 0 to 1."""
        return self.errors / self.hits if self.hits else 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series.

    ``start`` is the bucket's own start in the zone asked for, also when the window begins within it.
    ``other`` are answers that are neither success nor error: redirects, mostly. The split of the errors
    is ``None`` where it is not kept: with a filter by version, tag, country or path.
    """

    start: datetime
    totals: Totals = field(default_factory=Totals)
    client_errors: int | None = 0
    server_errors: int | None = 0

    @property
    def other(self) -> int:
        """Answers below 200 and from 300 to 399."""
        return self.totals.hits - self.totals.successes - self.totals.errors


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One row of a breakdown; ``value`` and ``detail`` are those of its dimension.

    ``api`` and ``api_name`` are empty when the table is not by API. ``name`` says the value in words:
    an API's name, a key's alias; "" when it has none.
    """

    api: str
    api_name: str
    value: str
    detail: str
    name: str
    totals: Totals

    @property
    def is_other(self) -> bool:
        """Whether it stands for all values that are too rare to be counted apart."""
        return self.value == OTHER


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows of a breakdown, and how many there are before ``limit`` and ``offset``."""

    rows: list[BreakdownRow]
    count: int


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """What there is to filter by: (id, name) of APIs, (API id, version), tags."""

    apis: list[tuple[str, str]]
    versions: list[tuple[str, str]]
    tags: list[str]


@dataclass(frozen=True, slots=True)
class LedgerBucket:
    """The ledger of one bucket of time, and what the aggregates say of it.

    ``received = stored + duplicates + rejected + filtered`` and ``stored = network + hits``. What caps did to stored
    records: tags left out, texts cut to be counted by, and requests under rare values, once for each dimension.
    """

    start: datetime
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    filtered: int = 0
    network: int = 0
    tags_left_out: int = 0
    texts_cut: int = 0
    other_hits: int = 0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class LogFilters:
    """Which requests to list; empty asks for nothing. ``path`` is the whole path as it is counted."""

    apis: tuple[str, ...] = ()
    key: str = ""
    oauth_client: str = ""
    status: int | None = None
    errors: bool = False
    method: str = ""
    path: str = ""
    country: str = ""
    tag: str = ""
