"""The KPIs over a page: value, comparison in words, sparkline. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.analytics import charts, formatting
from apps.analytics.formatting import FormattedValue
from apps.analytics.queries.types import Point, Totals

Trend = Literal["", "better", "worse"]


@dataclass(frozen=True)
class Delta:
    """How a figure compares, in words; ``trend`` says whether that is good, where it can be said."""

    text: str
    trend: Trend = ""


@dataclass(frozen=True)
class Kpi:
    """One figure; ``key`` is the chart's metric that it chooses, ``sparkline`` its lines as points of SVG."""

    key: str
    name: str
    value: FormattedValue
    delta: Delta
    sparkline: list[str]


def build_kpis(now: Totals, before: Totals, points: Sequence[Point], period: str) -> list[Kpi]:
    """The KPIs of a range beside the one before it, which is called ``period`` (``previous 24 hours``)."""
    shown = charts.downsample(points)

    def sparkline(value: Callable[[Point], float | None]) -> list[str]:
        return charts.sparkline([value(point) for point in shown])

    hits = FormattedValue(formatting.count(now.hits))
    latencies = [
        Kpi(series.key, series.name, formatting.latency(value), _latency_delta(value, old), sparkline(series.value))
        for series in (charts.P50, charts.P95, charts.P99)
        for value, old in [(getattr(now, series.key), getattr(before, series.key))]
    ]
    return [
        Kpi("requests", "Requests", hits, _requests_delta(now, before, period), sparkline(_hits)),
        Kpi("errors", "Errors", _error_rate(now), _errors_delta(now, before), sparkline(charts.ERROR_RATE.value)),
        *latencies,
    ]


def _hits(point: Point) -> float:
    return point.totals.hits


def _error_rate(totals: Totals) -> FormattedValue:
    return formatting.percentage(totals.error_rate) if totals.hits else FormattedValue("–")


def _requests_delta(now: Totals, before: Totals, period: str) -> Delta:
    return Delta(f"{relative_change(now.hits, before.hits)} vs {period}" if before.hits else f"none in the {period}")


def relative_change(now: float, before: float) -> str:
    """A relative change in words: ``▲ 4.1 %``, ``▲ 6×``, ``new``, ``no change``."""
    if not before:
        return "new" if now else "no change"
    percent = 100 * (now - before) / before
    if abs(percent) < 0.05:
        return "no change"
    if percent >= 400:
        return f"▲ {now / before:,.0f}×"
    return f"{'▲' if percent > 0 else '▼'} {abs(percent):.{0 if abs(percent) >= 10 else 1}f} %"


def _errors_delta(now: Totals, before: Totals) -> Delta:
    if not (now.hits and before.hits):
        return Delta("nothing to compare with")
    points = 100 * (now.error_rate - before.error_rate)
    return _delta(points, f"{abs(points):.{1 if abs(points) >= 0.95 else 2}f} points", least=0.005)


def _latency_delta(now: float | None, before: float | None) -> Delta:
    if now is None or before is None:
        return Delta("nothing to compare with")
    # Percentiles are within 5 % of the truth: a smaller difference says nothing.
    least = max(0.5, 0.05 * before)
    return _delta(now - before, str(formatting.latency(abs(now - before))), least=least)


def _delta(difference: float, text: str, least: float) -> Delta:
    if abs(difference) < least:
        return Delta("no change")
    return Delta(f"▲ {text}, worse", "worse") if difference > 0 else Delta(f"▼ {text}, better", "better")
