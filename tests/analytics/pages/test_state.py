"""How the state of a page is read from its address and written to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import state as states
from apps.analytics.queries.granularity import Retention
from apps.analytics.queries.types import TrafficFilters
from apps.analytics.state import METRICS, SERIES, SORTS, Reading, State, read

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
KEPT = Retention(
    minutes=datetime(2026, 11, 18, tzinfo=UTC),
    hours=datetime(2025, 10, 14, tzinfo=UTC),
    days=datetime(2021, 12, 1, tzinfo=UTC),
)


def read_query(query: str) -> Reading:
    return read(parse_qs(query.removeprefix("?"), keep_blank_values=True), BERLIN, NOW, KEPT)


def test_it_takes_an_address_without_parameters_for_the_default() -> None:
    reading = read_query("")
    assert reading.state == State(BERLIN, BERLIN)
    assert reading.state.query() == "?"
    assert not reading.notices


def test_it_reads_every_parameter() -> None:
    reading = read_query(
        "from=now-7d&to=now-1d&tz=UTC&step=hour&api=a&api=b&version=v1&tag=x&tag=y&key=k&client=c&country=DE"
        "&path=/v1/{id}&metric=errors&hide=client,server&view=table&live=1&sort=name&page=3&q=shop"
    )
    assert not reading.notices
    assert reading.state == State(
        own_zone=BERLIN,
        zone=ZoneInfo("UTC"),
        start="now-7d",
        end="now-1d",
        step="hour",
        filters=TrafficFilters(("a", "b"), "v1", ("x", "y"), "k", "c", "DE", "/v1/{id}"),
        metric="errors",
        hidden=("client", "server"),
        table=True,
        live=True,
        sort="name",
        page=3,
        search="shop",
    )


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("from=yesterday", "from", "no moment"),
        ("to=2026-02-30", "to", "no moment"),
        ("from=now&to=now-1h", "from", "does not begin before it ends"),
        ("range=a..b", "range", "no moment"),
        ("range=never", "range", "no range"),
        ("tz=Mars/Olympus", "tz", "no IANA time zone"),
        ("step=second", "step", "none of minute"),
        ("from=now-90d&step=minute", "step", "does not suit"),
        ("metric=speed", "metric", "none of requests"),
        ("hide=speed", "hide", "names speed"),
        ("view=map", "view", "none of chart"),
        ("live=yes", "live", "none of 0, 1"),
        ("sort=speed", "sort", "none of name"),
        ("page=0", "page", "no page number"),
        ("page=٣", "page", "no page number"),
        ("key=%00", "key", "no text"),
        ("tag=" + "x" * 600, "tag", "no text"),
        ("nonsense=1", "nonsense", "no such parameter"),
    ],
)
def test_it_names_the_parameter_that_it_does_not_obey(query: str, name: str, reason: str) -> None:
    reading = read_query(query)
    assert len(reading.notices) == 1
    assert reading.notices[0].startswith(f"“{name}” was left out")
    assert reason in reading.notices[0]
    assert reading.state.range(NOW, KEPT).window.start < reading.state.range(NOW, KEPT).window.end


def test_it_keeps_what_is_right_beside_what_is_wrong() -> None:
    assert read_query("metric=speed&key=k").state.filters.key == "k"


def test_it_takes_an_empty_parameter_for_none() -> None:
    reading = read_query("version=&tag=&from=")
    assert reading.state == State(BERLIN, BERLIN)
    assert reading.was_typed


def test_it_turns_a_typed_range_into_two_moments() -> None:
    reading = read_query("range=2026-10-25..2026-10-27&from=now-1h")
    assert (reading.state.start, reading.state.end) == ("2026-10-25", "2026-10-27")
    assert reading.state.query() == "?from=2026-10-25&to=2026-10-27"
    assert reading.was_typed


def test_it_begins_at_page_1_when_something_else_changes() -> None:
    state = read_query("page=3&sort=name").state
    assert state.query(sort="-errors") == "?sort=-errors"
    assert state.query(page=4) == "?sort=name&page=4"
    assert state.filtered(key="k").page == 1


@given(st.dictionaries(st.sampled_from(sorted(states.KNOWN)), st.lists(st.text(max_size=30), max_size=3)))
def test_it_never_fails_whatever_the_address(given_: dict[str, Sequence[str]]) -> None:
    reading = read(given_, BERLIN, NOW, KEPT)
    assert reading.state.range(NOW, KEPT).window.start < reading.state.range(NOW, KEPT).window.end


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text != ""
)
filters = st.builds(
    TrafficFilters,
    apis=st.lists(texts, max_size=3, unique=True).map(tuple),
    version=texts | st.just(""),
    tags=st.lists(texts, max_size=3, unique=True).map(tuple),
    key=texts | st.just(""),
    oauth_client=texts | st.just(""),
    country=texts | st.just(""),
    path=texts | st.just(""),
)
some_states = st.builds(
    State,
    own_zone=st.just(BERLIN),
    zone=st.sampled_from([BERLIN, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu")]),
    start=st.sampled_from(["now-24h", "now-7d", "2026-11-01", "2026-11-20T10:00"]),
    end=st.just("now"),
    filters=filters,
    metric=st.sampled_from(METRICS),
    hidden=st.none() | st.lists(st.sampled_from(SERIES), unique=True).map(tuple),
    table=st.booleans(),
    live=st.booleans(),
    sort=st.sampled_from([*SORTS, *(f"-{name}" for name in SORTS)]),
    page=st.integers(1, 9999),
    search=texts | st.just(""),
)


@given(some_states)
def test_it_reads_what_it_wrote(state: State) -> None:
    reading = read_query(state.query())
    assert not reading.notices
    assert reading.state == state


@given(some_states)
def test_it_leaves_defaults_out_of_the_address(state: State) -> None:
    names = {name for name, _ in parse_qsl(state.query().removeprefix("?"))}
    default = State(BERLIN, BERLIN)
    assert ("metric" in names) == (state.metric != default.metric)
    assert ("tz" in names) == (state.zone != default.zone)
    assert ("hide" in names) == (state.hidden is not None)
    assert replace(state, own_zone=state.zone).query().find("tz=") == -1
