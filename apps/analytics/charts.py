"""Series as charts: the data that a page hands to its chart script, and SVG made here. Pure.

The data is plain JSON and knows no chart library: buckets with their labels in the reader's zone,
series with units, what is hidden, where the bucket that is still filling is. What is drawn without any
script (sparklines, share bars) comes from here as coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from apps.analytics import formatting
from apps.analytics.queries.types import Point, Step
from apps.analytics.ranges import Range

Kind = Literal["bar", "line"]
Unit = Literal["requests", "ms", "%"]
MAX_TICKS = 12
#: Minutes between labels on the time axis, from close to wide.
TICK_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
TICK_DAYS = (1, 2, 7, 14)


@dataclass(frozen=True)
class Series:
    """One series a chart can show: how it is drawn, and its value in a bucket (``None`` = no value)."""

    key: str
    short: str
    name: str
    kind: Kind
    unit: Unit
    value: Callable[[Point], float | None]


def _error_rate(point: Point) -> float | None:
    return round(100 * point.totals.error_rate, 3) if point.totals.hits else None


def _average_latency(point: Point) -> float | None:
    return round(point.totals.latency, 1) if point.totals.hits else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


SUCCESSES = Series("success", "2xx", "2xx success", "bar", "requests", lambda point: point.totals.successes)
OTHER_ANSWERS = Series("other", "1xx, 3xx", "1xx, 3xx other", "bar", "requests", lambda point: point.other)
CLIENT_ERRORS = Series("client", "4xx", "4xx client errors", "bar", "requests", lambda point: point.client_errors)
SERVER_ERRORS = Series("server", "5xx", "5xx server errors", "bar", "requests", lambda point: point.server_errors)
ALL_ERRORS = Series("errors", "4xx, 5xx", "4xx and 5xx errors", "bar", "requests", lambda point: point.totals.errors)
ERROR_RATE = Series("rate", "error share", "Error share", "line", "%", _error_rate)
AVERAGE_LATENCY = Series("average", "average", "Average latency", "line", "ms", _average_latency)
P50 = Series("p50", "p50", "p50 latency", "line", "ms", lambda point: _rounded(point.totals.p50))
P95 = Series("p95", "p95", "p95 latency", "line", "ms", lambda point: _rounded(point.totals.p95))
P99 = Series("p99", "p99", "p99 latency", "line", "ms", lambda point: _rounded(point.totals.p99))

LATENCIES = (AVERAGE_LATENCY, P50, P95, P99)
TITLES = {"requests": "Requests", "errors": "Errors", "p50": "Latency", "p95": "Latency", "p99": "Latency"}
HIDDEN_BY_DEFAULT = {"requests": ("average", "p50", "p95", "p99")}


@dataclass(frozen=True)
class LegendItem:
    """An entry of the legend: a switch for one series, and the sum of a series that can be summed."""

    series: Series
    shown: bool
    hidden_after: tuple[str, ...]
    total: float | None


@dataclass(frozen=True)
class ChartTableRow:
    """A bucket as a row of the chart's table."""

    label: str
    values: list[str]


@dataclass(frozen=True)
class Chart:
    """The points of a range as one chart: which series, which of them are hidden."""

    points: Sequence[Point]
    range: Range
    metric: str
    hidden: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the chart shows, in a word or two."""
        return TITLES[self.metric]

    @property
    def series(self) -> tuple[Series, ...]:
        """All series of the metric, shown or hidden. Errors are one where their split is not kept."""
        split = all(point.client_errors is not None for point in self.points)
        errors = (CLIENT_ERRORS, SERVER_ERRORS) if split else (ALL_ERRORS,)
        if self.metric == "requests":
            return (SUCCESSES, OTHER_ANSWERS, *errors, *LATENCIES)
        return (*errors, ERROR_RATE) if self.metric == "errors" else LATENCIES

    @property
    def legend(self) -> list[LegendItem]:
        """The switches of the series; each knows what is hidden after it was pressed."""
        keys = [one.key for one in self.series]
        hidden = [key for key in keys if key in self.hidden]
        return [
            LegendItem(
                one,
                one.key not in hidden,
                tuple(key for key in keys if (key in hidden) != (key == one.key)),
                sum(one.value(point) or 0 for point in self.points) if one.kind == "bar" else None,
            )
            for one in self.series
        ]

    @property
    def shown(self) -> list[Series]:
        """The series that are not hidden."""
        return [one for one in self.series if one.key not in self.hidden]

    @property
    def rows(self) -> list[ChartTableRow]:
        """The same numbers as the chart's, for its table; times in the reader's zone."""
        names = labels([point.start for point in self.points], self.range.step, self.range.zone)
        return [
            ChartTableRow(name, [_text(one, one.value(point)) for one in self.shown])
            for name, point in zip(names, self.points, strict=True)
        ]

    @property
    def description(self) -> str:
        """The chart in words: ``every 15 min, 20 Nov 14:15 → 21 Nov 14:15``."""
        window = formatting.window_label(self.range.window, self.range.zone, self.range.now)
        return f"{formatting.INTERVAL_LABELS[self.range.step]}, {window}"

    def data(self) -> dict[str, Any]:
        """The chart as plain values for JSON.

        ``bounds`` has one entry more than there are buckets: the edges as Unix milliseconds.
        ``incomplete_from`` is the index of the bucket that is still filling, or null.
        """
        starts = [point.start for point in self.points]
        edges = [*starts, self.range.window.end]
        return {
            "title": self.title,
            "metric": self.metric,
            "bucket": self.range.step,
            "tz": self.range.zone.key,
            "bounds": [int(edge.timestamp() * 1000) for edge in edges],
            "labels": labels(starts, self.range.step, self.range.zone),
            "ticks": ticks(starts, self.range.step, self.range.zone),
            "series": [self._series_data(one) for one in self.series],
            "incomplete_from": len(starts) - 1 if self.range.is_incomplete and starts else None,
            "annotations": [],
        }

    def _series_data(self, series: Series) -> dict[str, Any]:
        return {
            "key": series.key,
            "name": series.name,
            "kind": series.kind,
            "unit": series.unit,
            "hidden": series.key in self.hidden,
            "main": series.key == self.metric,
            "values": [series.value(point) for point in self.points],
        }


def _text(series: Series, value: float | None) -> str:
    if value is None:
        return "–"
    return formatting.count(value) if series.unit == "requests" else f"{value:,.1f} {series.unit}"


def hidden_by_default(metric: str) -> tuple[str, ...]:
    """The series a metric's chart leaves out until they are asked for."""
    return HIDDEN_BY_DEFAULT.get(metric, ())


def labels(starts: Sequence[datetime], step: Step, zone: ZoneInfo) -> list[str]:
    """What each bucket is called, in full: ``Sat 21 Nov, 14:15``; with the offset where a time comes twice."""
    return [_label(start.astimezone(zone), step) for start in starts]


def _label(local: datetime, step: Step) -> str:
    if step == "month":
        return f"{local:%B %Y}"
    day = f"{local:%a} {local.day} {local:%b %Y}"
    if step == "day":
        return day
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{day}, {local:%H:%M}{f' {local:%Z}' if twice else ''}"


def ticks(starts: Sequence[datetime], step: Step, zone: ZoneInfo) -> list[tuple[int, str]]:
    """Which buckets carry a label on the time axis, and which: at most ``MAX_TICKS``, at round times."""
    local = [start.astimezone(zone) for start in starts]
    chosen: list[tuple[int, str]] = []
    for found in _candidates(local, step):
        chosen = found
        if len(chosen) <= MAX_TICKS:
            break
    return chosen


def _candidates(local: Sequence[datetime], step: Step) -> Iterable[list[tuple[int, str]]]:
    if step in ("minute", "quarter_hour", "hour"):
        for pitch in TICK_MINUTES:
            yield [(i, _tick(one)) for i, one in enumerate(local) if (one.hour * 60 + one.minute) % pitch == 0]
    if step != "month":
        midnights = [(i, one) for i, one in enumerate(local) if i == 0 or one.date() != local[i - 1].date()]
        midnights = [(i, one) for i, one in midnights if step == "day" or (one.hour, one.minute) < (2, 0)]
        for days in TICK_DAYS:
            # Counted from a Monday, so that weeks begin with the week.
            yield [(i, _day(one)) for i, one in midnights if (one.toordinal() - 1) % days == 0]
    firsts = [(i, one) for i, one in enumerate(local) if one.day == 1 and (i == 0 or local[i - 1].month != one.month)]
    for months in (1, 3, 6, 12):
        yield [(i, f"{one:%b} {one:%Y}") for i, one in firsts if (one.month - 1) % months == 0]


def _tick(local: datetime) -> str:
    return _day(local) if (local.hour, local.minute) == (0, 0) else f"{local:%H:%M}"


def _day(local: datetime) -> str:
    return f"{local.day} {local:%b}"


def sparkline(values: Sequence[float | None], width: float = 100, height: float = 26, margin: float = 2) -> list[str]:
    """The points of one polyline per run of values, for an SVG of that size; from zero upwards.

    A gap (``None``) breaks the line; a value that stands alone is drawn as a short dash.
    """
    top = max((value for value in values if value is not None), default=0) or 1
    stretch = width / max(1, len(values) - 1)

    def point(index: float, value: float) -> str:
        return f"{index * stretch:.1f},{height - margin - (height - 2 * margin) * value / top:.1f}"

    lines = []
    for run in _runs(values):
        if len(run) == 1:
            index, value = run[0]
            lines.append(f"{point(max(0, index - 0.3), value)} {point(index + 0.3, value)}")
        else:
            lines.append(" ".join(point(index, value) for index, value in run))
    return lines


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]


def downsample(points: Sequence[Point], most: int = 120) -> Sequence[Point]:
    """Few enough points for a sparkline, at even distances."""
    return points[:: max(1, -(-len(points) // most))]
