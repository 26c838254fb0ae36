from __future__ import annotations

import itertools

import pytest

from apps.demo.demo_apis import APIS, PAYMENTS, SEARCH
from apps.demo.load_profile import (
    DAY,
    HOUR,
    INCIDENT,
    INCIDENT_EVERY,
    MINUTE,
    HistoryProfile,
    LiveProfile,
    daily_pattern,
)

#: A Friday, 12:02 UTC.
UNTIL = 1_795_176_120
MIDNIGHT = UNTIL // DAY * DAY


def total(history: HistoryProfile, start: float, seconds: float) -> float:
    return sum(history.at(moment).rate * 300 for moment in range(int(start), int(start + seconds), 300))


@pytest.mark.parametrize("live_rate", [0.0, 1.0, 5.0, 1_000.0])
def test_it_expects_three_to_four_hundred_thousand_requests_in_90_days(live_rate: float) -> None:
    history = HistoryProfile(UNTIL, 90, live_rate)
    assert history.start == MIDNIGHT - 90 * DAY
    assert 300_000 < total(history, history.start, UNTIL - history.start) < 420_000


def test_it_grows() -> None:
    history = HistoryProfile(UNTIL, 90)
    weeks = [total(history, MIDNIGHT - (13 - week) * 7 * DAY, 7 * DAY) for week in range(13)]
    assert weeks[-1] > 4 * weeks[0]
    assert sum(later > earlier for earlier, later in itertools.pairwise(weeks)) >= 10


def test_it_has_busy_afternoons_quiet_nights_and_weekends() -> None:
    friday = MIDNIGHT
    assert daily_pattern(friday + 15 * HOUR) > 3 * daily_pattern(friday + 3 * HOUR)
    for days in (1, 2):
        assert daily_pattern(friday + days * DAY) == pytest.approx(0.52 * daily_pattern(friday))
    assert daily_pattern(friday + 3 * DAY) == pytest.approx(daily_pattern(friday))


def test_it_has_a_day_on_which_everything_failed() -> None:
    history = HistoryProfile(UNTIL, 90)
    state = history.at(MIDNIGHT - 26 * DAY + 12 * HOUR)
    assert set(state.faults) == {api.api_id for api in APIS}
    assert all(fault.failure_rate > 0.5 for fault in state.faults.values())
    assert state.rate < 0.5 * history.at(MIDNIGHT - 27 * DAY + 12 * HOUR).rate


def test_it_has_a_deploy_that_made_one_api_slow_for_days() -> None:
    history = HistoryProfile(UNTIL, 90)
    slow = [hour for hour in range(-25 * 24, 0) if SEARCH.api_id in history.at(MIDNIGHT + hour * HOUR).faults]
    assert slow == list(range(-19 * 24 + 10, -19 * 24 + 80))
    assert history.at(MIDNIGHT + slow[5] * HOUR).faults[SEARCH.api_id].slowdown > 2


def test_it_shows_an_incident_in_the_last_hours() -> None:
    history = HistoryProfile(UNTIL, 90)
    failing = [m for m in range(6 * 60) if PAYMENTS.api_id in history.at(UNTIL - m * MINUTE).faults]
    assert failing == list(range(276, 301))


def test_it_leads_up_to_the_rate_of_the_live_traffic() -> None:
    history = HistoryProfile(UNTIL, 90, 5.0)
    rates = [history.at(UNTIL - hours * HOUR).rate for hours in (7, 6, 5, 3, 1, 0)]
    assert rates[0] == HistoryProfile(UNTIL, 90).at(UNTIL - 7 * HOUR).rate
    assert rates == sorted(rates)
    assert rates[-1] == pytest.approx(5.0)


def test_it_keeps_its_own_rate_when_the_live_one_is_lower() -> None:
    assert HistoryProfile(UNTIL, 90, 0.001).at(UNTIL - 60) == HistoryProfile(UNTIL, 90).at(UNTIL - 60)


def test_it_keeps_live_traffic_at_the_given_rate_on_average() -> None:
    live = LiveProfile(1_000.0, 5.0)
    rates = [live.at(1_000.0 + second).rate for second in range(19 * 7 * MINUTE)]
    assert sum(rates) / len(rates) == pytest.approx(5.0, rel=0.03)
    assert max(rates) > 2 * 5.0
    assert min(rates) > 1.0


def test_it_shows_an_incident_within_minutes_of_the_start_and_about_every_hour() -> None:
    live = LiveProfile(1_000.0, 5.0)
    failing = [minute for minute in range(180) if live.at(1_000.0 + minute * MINUTE).faults == INCIDENT]
    every = INCIDENT_EVERY // MINUTE
    assert failing == [start + minute for start in range(2, 180, every) for minute in range(4)]
