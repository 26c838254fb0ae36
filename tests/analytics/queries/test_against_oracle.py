"""The queries against an oracle in memory: any requests, at any stage, any window, zone and filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.analytics import dimensions, queries
from apps.analytics.queries import Totals, TrafficFilters, Window, aggregate_sql, coverage
from apps.core.tenancy import EVERYTHING, Scope
from tests.analytics.factories import STAGES, Request, RequestFactory, Stage, store_traffic
from tests.analytics.pump_traffic import OLDEST_DAY
from tests.analytics.queries.oracle import Oracle, exact_values, local_day, local_month, percentiles, same_totals
from tests.examples import examples

pytestmark = pytest.mark.django_db

ORGANISATIONS = ("a" * 24, "b" * 24)
APIS = ("api1", "api2", "api3")
#: Zones of whole hours, with and without summer time, and one that has its midnights skipped.
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "America/Santiago", "Asia/Tokyo")
NOON = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)

moments = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.timedeltas(timedelta(0), NOON - OLDEST_DAY),
    st.timedeltas(timedelta(0), timedelta(days=80)),
    st.timedeltas(timedelta(0), timedelta(days=380)),
).map(lambda age: NOON - age)
stored_requests = st.lists(
    st.tuples(
        st.builds(
            RequestFactory,
            organisation=st.sampled_from(ORGANISATIONS),
            timestamp=moments,
            api_id=st.sampled_from(APIS),
            api_version=st.sampled_from(["Non Versioned", "v2"]),
            method=st.sampled_from(["GET", "POST"]),
            path=st.sampled_from(["/a", "/b"]),
            status=st.sampled_from([200, 201, 302, 404, 429, 500, 503, 0, -1]),
            key=st.sampled_from(["00000000", "k1", "k2"]),
            oauth_client=st.sampled_from(["", "c1"]),
            country=st.sampled_from(["", "GB", "DE"]),
            latency=st.integers(0, 90_000),
            upstream_latency=st.integers(0, 90_000),
            request_time=st.integers(0, 90_000),
            tags=st.lists(st.sampled_from(["x", " y ", "key-k1", ""]), max_size=3),
            tracked=st.booleans(),
        ),
        st.sampled_from(STAGES),
    ),
    max_size=25,
)
ends = moments.map(lambda moment: moment.replace(second=0, microsecond=0))
windows = st.tuples(ends, ends).map(lambda pair: Window(min(pair), max(pair)))
scopes = st.sampled_from(
    [
        Scope(ORGANISATIONS[0]),
        Scope(ORGANISATIONS[1]),
        EVERYTHING,
        Scope(ORGANISATIONS[0], frozenset({"api1", "api3"})),
        Scope(ORGANISATIONS[0], frozenset()),
    ]
)
filters = st.builds(
    TrafficFilters,
    apis=st.sampled_from([(), ("api1",), ("api1", "api2")]),
    version=st.sampled_from(["", "", "v2"]),
    tags=st.sampled_from([(), (), ("x",)]),
    key=st.sampled_from(["", "", "k1"]),
    oauth_client=st.sampled_from(["", "", "", "c1"]),
    country=st.sampled_from(["", "", "", "GB"]),
    path=st.sampled_from(["", "", "", "/a"]),
).filter(lambda filters: not queries.needs_raw_records(filters))
#: Those that are not by API answer totals and series only.
KEPT_BY_API = [dimension for dimension in dimensions.ALL if dimension.per_api]
EXTREMES = ("min_latency", "max_latency", "min_upstream_latency", "max_upstream_latency")
few_examples = settings(
    max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True)
def open_months(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a month that goes on answer for its first days as it does: for many of them, in a window that ends now.

    "any" has it do so wherever the window ends, and for the fewest: the same must come out.
    """
    if getattr(request, "param", "") == "any":
        monkeypatch.setattr(coverage, "MIN_OPEN_MONTH", timedelta(0))
        monkeypatch.setattr(aggregate_sql, "open_month", lambda edges: coverage.open_month(edges, edges[-1]))


#: For what is summed up from aggregates to the end of a window. No month answers for anything else.
with_any_open_month = pytest.mark.parametrize("open_months", ["as it is", "any"], indirect=True)


@contextmanager
def stored(requests: Sequence[tuple[Request, Stage]]) -> Iterator[Oracle]:
    """Have requests in the tables for the length of one example."""
    with transaction.atomic():
        for stage in STAGES:
            store_traffic([one for one, reached in requests if reached == stage], stage)
        yield Oracle([one for one, _ in requests], NOON.replace(hour=0, minute=0) - timedelta(days=3))
        transaction.set_rollback(True)


def same(found: dict[Any, Totals], expected: dict[Any, Totals]) -> bool:
    """Whether the groups are the same, and the totals of each."""
    return found.keys() == expected.keys() and all(same_totals(found[key], expected[key]) for key in expected)


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes, where=filters)
def test_totals_are_exact_at_every_stage(
    now: datetime, requests: Any, window: Window, scope: Scope, where: TrafficFilters
) -> None:
    with stored(requests) as oracle:
        assert same_totals(queries.totals(scope, window, where), oracle.totals(scope, window, where))


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes, where=filters, zone=st.sampled_from(ZONES).map(ZoneInfo),
       step=st.sampled_from(["hour", "day", "month"]))  # fmt: skip
def test_a_series_counts_in_the_hours_days_and_months_of_a_zone(
    now: datetime, requests: Any, window: Window, scope: Scope, where: TrafficFilters, zone: ZoneInfo, step: Any
) -> None:
    buckets: dict[str, Callable[[datetime], Any]] = {
        "hour": lambda moment: moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
        "day": local_day(zone),
        "month": local_month(zone),
    }
    name = buckets[step]
    with stored(requests) as oracle:
        points = queries.series(scope, window, step, zone, where)
        expected = oracle.by_bucket(scope, window, where, name)
        assert same({name(point.start): point.totals for point in points if point.totals.hits}, expected)
    assert len({name(point.start) for point in points}) == len(points)
    assert [point.start for point in points] == sorted(point.start for point in points)
    assert all(point.start.tzinfo is zone for point in points)


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes, where=filters, zone=st.sampled_from(ZONES).map(ZoneInfo),
       step=st.sampled_from([("day", local_day), ("month", local_month)]))  # fmt: skip
def test_without_min_and_max_a_series_of_a_zone_adds_up_to_the_same(
    now: datetime, requests: Any, window: Window, scope: Scope, where: TrafficFilters, zone: ZoneInfo, step: Any
) -> None:
    length, name = step[0], step[1](zone)
    with stored(requests) as oracle:
        points = queries.series(scope, window, length, zone, where, with_min_max=False)
        complete = queries.series(scope, window, length, zone, where)
        expected = oracle.by_bucket(scope, window, where, name)
        nothing = {**dict.fromkeys(EXTREMES, 0), "last_hit": None}
        sums = {start: replace(totals, **nothing) for start, totals in expected.items()}
        assert same({name(point.start): point.totals for point in points if point.totals.hits}, sums)
    assert points == [replace(one, totals=replace(one.totals, **nothing)) for one in complete]


@few_examples
@given(requests=stored_requests, ages=st.tuples(st.integers(0, 3 * 1440), st.integers(0, 3 * 1440)), scope=scopes,
       step=st.sampled_from([("minute", 1), ("quarter_hour", 15)]))  # fmt: skip
def test_a_series_of_minutes_is_exact_to_the_minute(
    now: datetime, requests: Any, ages: tuple[int, int], scope: Scope, step: Any
) -> None:
    window = Window(NOON - timedelta(minutes=max(ages)), NOON - timedelta(minutes=min(ages)))

    def name(moment: datetime) -> datetime:
        start = moment.astimezone(UTC).replace(second=0, microsecond=0)
        return start - timedelta(minutes=start.minute % step[1])

    with stored(requests) as oracle:
        points = queries.series(scope, window, step[0], ZoneInfo("UTC"))
        found = {name(point.start): point.totals for point in points if point.totals.hits}
        assert same(found, oracle.by_bucket(scope, window, TrafficFilters(), name))


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes, by_api=st.booleans(), data=st.data(),
       dimension=st.sampled_from(KEPT_BY_API))  # fmt: skip
def test_a_breakdown_has_every_value_once(
    now: datetime, requests: Any, window: Window, scope: Scope, by_api: bool, dimension: Any, data: Any
) -> None:
    held = data.draw(filters_of(dimension))
    with stored(requests) as oracle:
        table = queries.breakdown(scope, window, dimension, held, by_api=by_api, percentiles=True)
        expected = oracle.by_value(scope, window, dimension, held, by_api=by_api)
    assert same({(row.api, row.value, row.detail): row.totals for row in table.rows}, expected)
    assert table.count == len(expected) == len(table.rows)
    assert [row.totals.hits for row in table.rows] == sorted((row.totals.hits for row in table.rows), reverse=True)


def test_requests_with_a_tag_are_counted_under_their_other_tags_too(now: datetime) -> None:
    requests = [(RequestFactory(timestamp=NOON - timedelta(minutes=1), tags=["x", " y "]), "minutes")]
    window, where = Window(NOON - timedelta(minutes=5), NOON), TrafficFilters(tags=("x",))
    with stored(requests) as oracle:
        scope = Scope(requests[0][0].organisation)
        table = queries.breakdown(scope, window, dimensions.TAG, where, by_api=False, percentiles=True)
        expected = oracle.by_value(scope, window, dimensions.TAG, where, by_api=False)
        assert same({(row.api, row.value, row.detail): row.totals for row in table.rows}, expected)
    assert len(expected) == 2


def filters_of(dimension: dimensions.Dimension) -> Any:
    """Filters that the aggregates of a dimension hold; those of totals all have a dimension that holds them."""
    if dimension is dimensions.TOTAL:
        return filters
    some = {
        "api_version": {"version": "v2"},
        "key": {"key": "k1"},
        "oauth_client": {"oauth_client": "c1"},
        "country": {"country": "GB"},
        "path": {"path": "/a"},
    }
    own = [TrafficFilters(**given) for field, given in some.items() if field in {dimension.value, dimension.detail}]
    apis = st.sampled_from([(), ("api1", "api2")])
    return st.builds(replace, st.sampled_from([TrafficFilters(), *own]), apis=apis)


#: Times of which single requests are kept, whatever the hour is now.
recent = st.timedeltas(timedelta(0), NOON - OLDEST_DAY - timedelta(days=1)).map(lambda age: NOON - age)
combined = st.builds(
    TrafficFilters,
    apis=st.sampled_from([(), ("api1",)]),
    version=st.sampled_from(["", "v2"]),
    tags=st.sampled_from([(), ("x",), ("x", "y")]),
    key=st.sampled_from(["", "k1"]),
    path=st.sampled_from(["", "/a"]),
)


@few_examples
@given(requests=stored_requests, scope=scopes, where=combined, dimension=st.sampled_from(KEPT_BY_API), first=recent)
def test_combinations_are_answered_from_single_requests(
    now: datetime, requests: Any, scope: Scope, where: TrafficFilters, dimension: Any, first: datetime
) -> None:
    window = Window(first.replace(minute=0, second=0, microsecond=0), NOON)
    with stored(requests) as oracle:
        table = queries.breakdown(scope, window, dimension, where, percentiles=True)
        assert same(
            {(row.api, row.value, row.detail): row.totals for row in table.rows},
            oracle.by_value(scope, window, dimension, where, by_api=True),
        )
        assert same_totals(queries.totals(scope, window, where), oracle.totals(scope, window, where))
        points = queries.series(scope, window, "day", ZoneInfo("UTC"), where)
        by_day = oracle.by_bucket(scope, window, where, local_day(ZoneInfo("UTC")))
        assert same({point.start.date(): point.totals for point in points if point.totals.hits}, by_day)


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes, apis=st.sampled_from([(), ("api1",)]))
def test_a_series_tells_errors_of_clients_from_those_of_servers(
    now: datetime, requests: Any, window: Window, scope: Scope, apis: tuple[str, ...]
) -> None:
    with stored(requests) as oracle:
        matching = oracle.matching(scope, window, TrafficFilters(apis=apis))
        points = queries.series(scope, window, "month", ZoneInfo("UTC"), TrafficFilters(apis=apis))
    assert sum(point.client_errors or 0 for point in points) == sum(400 <= one.status < 500 for one in matching)
    assert sum(point.server_errors or 0 for point in points) == sum(one.status >= 500 for one in matching)
    assert sum(point.other for point in points) == sum(
        -1 < one.status < 200 or 300 <= one.status < 400 for one in matching
    )


@few_examples
@given(requests=stored_requests, scope=scopes)
def test_the_last_record_is_the_newest_request(now: datetime, requests: Any, scope: Scope) -> None:
    ever = Window(NOON - timedelta(days=400), NOON + timedelta(days=1))
    with stored(requests) as oracle:
        matching = oracle.matching(scope, ever)
        assert queries.last_record(scope) == max((one.timestamp for one in matching), default=None)
        first = queries.first_record(scope)
    oldest = min((one.timestamp for one in matching), default=None)
    assert (first is None) == (oldest is None)
    assert first is None or oldest is None or first <= oldest < first + timedelta(days=1)


@few_examples
@given(requests=stored_requests, window=windows)
def test_the_ledger_stands_beside_the_hits(now: datetime, requests: Any, window: Window) -> None:
    scope = Scope(ORGANISATIONS[0])
    whole = Window(window.start.replace(minute=0), window.end.replace(minute=0))
    with stored(requests) as oracle:
        entries = queries.ledger(scope, whole, "hour")
        matching = oracle.matching(scope, whole)
    assert sum(entry.hits for entry in entries) == len(matching)
    assert all(entry.stored == entry.hits + entry.network for entry in entries)
    assert sum(entry.network for entry in entries) == sum(
        one.status == -1 and one.organisation == scope.organisation and whole.start <= one.timestamp < whole.end
        for one, _ in requests
    )
    assert len(entries) == (whole.end - whole.start) / timedelta(hours=1)


@with_any_open_month
@few_examples
@given(requests=stored_requests, window=windows, scope=scopes)
def test_the_parts_of_a_table_make_the_whole(now: datetime, requests: Any, window: Window, scope: Scope) -> None:
    with stored(requests):
        totals = queries.totals(scope, window)
        table = queries.breakdown(scope, window, dimensions.TOTAL)
        points = queries.series(scope, window, "day", ZoneInfo("Europe/Berlin"))
    assert sum(row.totals.hits for row in table.rows) == totals.hits == sum(point.totals.hits for point in points)
    assert exact_values(totals)[-1] == max(
        (row.totals.last_hit for row in table.rows if row.totals.last_hit), default=None
    )
    assert (percentiles(totals)[0] is None) == (totals.hits == 0)
