"""How the parameters of a page are read from its URL and written to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import query_params
from apps.analytics.queries.granularity import Retention
from apps.analytics.queries.types import Step, TrafficFilters
from apps.analytics.query_params import METRICS, SERIES, SORTS, DashboardParams, ParsedParams, parse

NOW = datetime(2026, 11, 21, 14, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
KEPT = Retention(
    minutes=datetime(2026, 11, 18, tzinfo=UTC),
    hours=datetime(2025, 10, 14, tzinfo=UTC),
    days=datetime(2021, 12, 1, tzinfo=UTC),
)


def parse_query(query: str) -> ParsedParams:
    return parse(parse_qs(query.removeprefix("?"), keep_blank_values=True), BERLIN, NOW, KEPT)


def test_a_url_without_parameters_is_the_default() -> None:
    parsed = parse_query("")
    assert parsed.params == DashboardParams(BERLIN, BERLIN)
    assert parsed.params.query_string() == ""
    assert not parsed.notices


def test_it_reads_every_parameter() -> None:
    parsed = parse_query(
        "from=now-7d&to=now-1d&tz=UTC&step=hour&api=a&api=b&version=v1&tag=x&tag=y&key=k&client=c&country=DE"
        "&path=/v1/{id}&metric=errors&hide=client,server&view=table&live=1&sort=name&page=3&q=shop"
    )
    assert not parsed.notices
    assert parsed.params == DashboardParams(
        own_zone=BERLIN,
        zone=ZoneInfo("UTC"),
        start="now-7d",
        end="now-1d",
        step="hour",
        filters=TrafficFilters(("a", "b"), "v1", ("x", "y"), "k", oauth_client="c", country="DE", path="/v1/{id}"),
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
        ("step=second", "step", "none of minute, 15m, hour, day, month"),
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
    parsed = parse_query(query)
    assert len(parsed.notices) == 1
    assert parsed.notices[0].startswith(f"“{name}” was left out")
    assert reason in parsed.notices[0]
    assert parsed.params.range(NOW, KEPT).window.start < parsed.params.range(NOW, KEPT).window.end


def test_a_quarter_of_an_hour_is_15m_and_its_old_word_is_still_read() -> None:
    parsed, old = parse_query("from=now-6h&step=15m"), parse_query("from=now-6h&step=quarter")
    assert parsed == old
    assert parsed.params.step == "quarter_hour"
    assert not parsed.notices
    assert old.params.query_string() == "?from=now-6h&step=15m"


@pytest.mark.parametrize(
    ("start", "step"),
    [("now-1h", "minute"), ("now-1h", "quarter_hour"), ("now-1d", "hour"), ("now-7d", "day"), ("now-1y", "month")],
)
def test_every_step_is_read_as_it_is_written(start: str, step: Step) -> None:
    params = DashboardParams(BERLIN, BERLIN, start=start, step=step)
    assert parse_query(params.query_string()).params == params


def test_it_keeps_what_is_right_beside_what_is_wrong() -> None:
    assert parse_query("metric=speed&key=k").params.filters.key == "k"


def test_it_takes_an_empty_parameter_for_none() -> None:
    parsed = parse_query("version=&tag=&from=")
    assert parsed.params == DashboardParams(BERLIN, BERLIN)
    assert parsed.from_form


def test_it_turns_a_typed_range_into_two_moments() -> None:
    parsed = parse_query("range=2026-10-25..2026-10-27&from=now-1h")
    assert (parsed.params.start, parsed.params.end) == ("2026-10-25", "2026-10-27")
    assert parsed.params.query_string() == "?from=2026-10-25&to=2026-10-27"
    assert parsed.from_form


def test_it_begins_at_page_1_when_something_else_changes() -> None:
    params = parse_query("page=3&sort=name").params
    assert params.query_string(sort="-errors") == "?sort=-errors"
    assert params.query_string(page=4) == "?sort=name&page=4"
    assert params.with_filters(key="k").page == 1


@given(st.dictionaries(st.sampled_from(sorted(query_params.KNOWN_PARAMS)), st.lists(st.text(max_size=30), max_size=3)))
def test_it_never_fails_whatever_the_url(given_: dict[str, Sequence[str]]) -> None:
    parsed = parse(given_, BERLIN, NOW, KEPT)
    assert parsed.params.range(NOW, KEPT).window.start < parsed.params.range(NOW, KEPT).window.end


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
any_params = st.builds(
    DashboardParams,
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


@given(any_params)
def test_it_reads_what_it_wrote(params: DashboardParams) -> None:
    parsed = parse_query(params.query_string())
    assert not parsed.notices
    assert parsed.params == params


@given(any_params)
def test_it_leaves_defaults_out_of_the_url(params: DashboardParams) -> None:
    names = {name for name, _ in parse_qsl(params.query_string().removeprefix("?"))}
    default = DashboardParams(BERLIN, BERLIN)
    assert ("metric" in names) == (params.metric != default.metric)
    assert ("tz" in names) == (params.zone != default.zone)
    assert ("hide" in names) == (params.hidden is not None)
    assert replace(params, own_zone=params.zone).query_string().find("tz=") == -1


@pytest.mark.parametrize(("name", "field", "most"), [("tag", "tags", 20), ("api", "apis", 100)])
def test_of_very_many_values_the_first_count_and_that_is_told(name: str, field: str, most: int) -> None:
    parsed = parse_query("&".join(f"{name}={number}" for number in range(1_000)))
    assert getattr(parsed.params.filters, field) == tuple(str(number) for number in range(most))
    assert parsed.notices == (f"“{name}”: only the first {most} of 1000 values count.",)
    assert not parse_query("&".join(f"{name}={number % most}" for number in range(1_000))).notices
