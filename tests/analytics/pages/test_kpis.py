"""The KPIs over a page: how they are compared with the time before."""

from __future__ import annotations

import pytest

from apps.analytics.kpis import Delta, Kpi, build_kpis, relative_change
from apps.analytics.queries.types import Totals


def by_key(now: Totals, before: Totals) -> dict[str, Kpi]:
    return {one.key: one for one in build_kpis(now, before, [], "previous 24 hours")}


def test_it_says_how_requests_changed_without_judging() -> None:
    kpi = by_key(Totals(hits=86_412), Totals(hits=83_000))["requests"]
    assert str(kpi.value) == "86,412"
    assert kpi.delta == Delta("▲ 4.1 % vs previous 24 hours")


def test_it_judges_errors_in_points() -> None:
    kpi = by_key(Totals(hits=1000, errors=34), Totals(hits=1000, errors=15))["errors"]
    assert str(kpi.value) == "3.40 %"
    assert kpi.delta == Delta("▲ 1.9 points, worse", "worse")


def test_it_judges_latencies_in_milliseconds() -> None:
    kpi = by_key(Totals(hits=1, p95=214.0, p99=611.0), Totals(hits=1, p95=245.0, p99=612.0))
    assert kpi["p95"].delta == Delta("▼ 31 ms, better", "better")
    assert kpi["p99"].delta == Delta("no change")


def test_it_has_nothing_to_compare_with_when_there_was_nothing() -> None:
    kpi = by_key(Totals(hits=10, p50=5.0), Totals())
    assert kpi["requests"].delta.text == "none in the previous 24 hours"
    assert kpi["errors"].delta.text == "nothing to compare with"
    assert kpi["p50"].delta.text == "nothing to compare with"
    assert str(by_key(Totals(), Totals())["p50"].value) == "–"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (0, 0, "no change"),
        (3, 0, "new"),
        (100, 100, "no change"),
        (103, 100, "▲ 3.0 %"),
        (59, 100, "▼ 41 %"),
        (600, 100, "▲ 6×"),
        (0, 7, "▼ 100 %"),
    ],
)
def test_it_says_relative_changes_in_few_words(now: int, before: int, words: str) -> None:
    assert relative_change(now, before) == words
