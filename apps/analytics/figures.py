"""The five figures over a page: value, comparison in words, sparkline. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.analytics import charts, wording
from apps.analytics.queries.types import Point, Totals
from apps.analytics.wording import Amount

Mood = Literal["", "better", "worse"]


@dataclass(frozen=True)
class Change:
    """How a figure compares, in words; ``mood`` says whether that is good, where it can be said."""

    words: str
    mood: Mood = ""


@dataclass(frozen=True)
class Figure:
    """One figure; ``key`` is the chart's metric it chooses, ``lines`` its sparkline."""

    key: str
    name: str
    value: Amount
    change: Change
    lines: list[str]


def figures(now: Totals, before: Totals, points: Sequence[Point], period: str) -> list[Figure]:
    """The figures of a range beside the one before it, which is called ``period`` (``previous 24 hours``)."""
    shown = charts.thinned(points)
    built = [
        ("requests", "Requests", Amount(wording.count(now.hits)), _requests(now, before, period), charts_of(_hits)),
        ("errors", "Errors", _share(now), _errors(now, before), charts_of(charts.RATE.value)),
    ]
    for series in (charts.P50, charts.P95, charts.P99):
        value, old = (getattr(one, series.key) for one in (now, before))
        built.append((series.key, series.name, wording.latency(value), _latency(value, old), charts_of(series.value)))
    return [Figure(key, name, value, change, lines(shown)) for key, name, value, change, lines in built]


def charts_of(value: Callable[[Point], float | None]) -> Callable[[Sequence[Point]], list[str]]:
    """A function that draws one value of some points as a sparkline."""
    return lambda points: charts.sparkline([value(point) for point in points])


def _hits(point: Point) -> float:
    return point.totals.hits


def _share(totals: Totals) -> Amount:
    return wording.share(totals.error_rate) if totals.hits else Amount("–")


def _requests(now: Totals, before: Totals, period: str) -> Change:
    return Change(f"{relative(now.hits, before.hits)} vs {period}" if before.hits else f"none in the {period}")


def relative(now: float, before: float) -> str:
    """A relative change in words: ``▲ 4.1 %``, ``▲ 6×``, ``new``, ``no change``."""
    if not before:
        return "new" if now else "no change"
    percent = 100 * (now - before) / before
    if abs(percent) < 0.05:
        return "no change"
    if percent >= 400:
        return f"▲ {now / before:,.0f}×"
    return f"{'▲' if percent > 0 else '▼'} {abs(percent):.{0 if abs(percent) >= 10 else 1}f} %"


def _errors(now: Totals, before: Totals) -> Change:
    if not (now.hits and before.hits):
        return Change("nothing to compare with")
    points = 100 * (now.error_rate - before.error_rate)
    return _judged(points, f"{abs(points):.{1 if abs(points) >= 0.95 else 2}f} points", least=0.005)


def _latency(now: float | None, before: float | None) -> Change:
    if now is None or before is None:
        return Change("nothing to compare with")
    # Percentiles are within 5 % of the truth: a smaller difference says nothing.
    least = max(0.5, 0.05 * before)
    return _judged(now - before, str(wording.latency(abs(now - before))), least=least)


def _judged(difference: float, words: str, least: float) -> Change:
    if abs(difference) < least:
        return Change("no change")
    return Change(f"▲ {words}, worse", "worse") if difference > 0 else Change(f"▼ {words}, better", "better")
