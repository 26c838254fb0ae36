"""Single requests: their order, filters, pages, scopes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import queries
from apps.analytics.queries import LogFilters, Window
from apps.core.tenancy import EVERYTHING, Scope
from tests.analytics.factories import Request, RequestFactory, store_traffic
from tests.analytics.queries.oracle import in_scope
from tests.analytics.queries.test_against_oracle import few_examples, recent, scopes, stored, stored_requests

pytestmark = pytest.mark.django_db

A = Scope("a" * 24)


def matches(filters: LogFilters, request: Request) -> bool:
    """Whether a request should be listed."""
    return (
        request.status != -1
        and (not filters.apis or request.api_id in filters.apis)
        and filters.key in {"", request.key}
        and filters.oauth_client in {"", request.oauth_client}
        and filters.country in {"", request.country}
        and filters.method in {"", request.method}
        and filters.path in {"", request.path}
        and filters.status in {None, request.status}
        and (not filters.errors or request.status >= 400)
        and (not filters.tag or filters.tag in request.tags)
    )


asked = st.builds(
    LogFilters,
    apis=st.sampled_from([(), (), ("api1",)]),
    key=st.sampled_from(["", "", "k1"]),
    oauth_client=st.sampled_from(["", "", "c1"]),
    status=st.sampled_from([None, None, 200, 404, 0]),
    errors=st.booleans(),
    method=st.sampled_from(["", "POST"]),
    path=st.sampled_from(["", "", "/b"]),
    country=st.sampled_from(["", "", "GB"]),
    tag=st.sampled_from(["", "", "", "x"]),
)


@few_examples
@given(requests=stored_requests, scope=scopes, filters=asked, ends=st.tuples(recent, recent), size=st.integers(1, 4))
def test_pages_list_every_request_that_matches_newest_first(
    now: datetime, requests: Any, scope: Scope, filters: LogFilters, ends: Any, size: int
) -> None:
    window = Window(min(ends), max(ends))
    with stored(requests) as oracle:
        inside = [one for one in oracle.requests if window.start <= one.timestamp < window.end and in_scope(scope, one)]
        expected = sorted((one.record_id for one in inside if matches(filters, one)), reverse=True)
        assert ids_by_cursor(scope, window, filters, size) == expected
        numbered = [queries.records(scope, window, filters, limit=size, offset=n) for n in range(0, 25, size)]
        assert [row.id for page in numbered for row in page.rows] == expected
        assert queries.count(scope, window, filters) == len(expected)


def ids_by_cursor(scope: Scope, window: Window, filters: LogFilters, size: int) -> list[UUID]:
    """Ids of all pages, each asked for by the last id of the page before."""
    found: list[UUID] = []
    page = queries.records(scope, window, filters, limit=size)
    found += [row.id for row in page.rows]
    while page.more:
        page = queries.records(scope, window, filters, limit=size, before=found[-1])
        assert page.rows
        found += [row.id for row in page.rows]
    return found


def last_day(now: datetime) -> Window:
    """The day that ends now."""
    return Window(now - timedelta(days=1), now)


def test_a_record_is_found_by_its_id_in_its_own_organisation_only(now: datetime) -> None:
    mine = RequestFactory(timestamp=now - timedelta(minutes=5), organisation=A.organisation)
    store_traffic([mine])
    found = queries.record(A, mine.record_id)
    assert found is not None
    assert (found.id, found.path, found.timestamp) == (mine.record_id, mine.path, mine.timestamp)
    assert queries.record(EVERYTHING, mine.record_id) is not None
    assert queries.record(Scope("b" * 24), mine.record_id) is None
    assert queries.record(Scope(A.organisation, frozenset({"other"})), mine.record_id) is None


@pytest.mark.parametrize("number", [0, 1, 2**128 - 1, 2**127])
def test_an_id_of_no_record_is_not_found(now: datetime, number: int) -> None:
    assert queries.record(A, UUID(int=number)) is None
    assert queries.records(A, last_day(now), before=UUID(int=number)).rows == []


def test_raw_messages_come_only_on_request(now: datetime) -> None:
    store_traffic([RequestFactory(timestamp=now - timedelta(minutes=5), organisation=A.organisation)])
    [without] = queries.records(A, last_day(now)).rows
    [with_] = queries.records(A, last_day(now), raw=True).rows
    assert {"raw_request", "raw_response"} == without.get_deferred_fields()
    assert with_.get_deferred_fields() == set()


@pytest.mark.parametrize(
    ("filters", "statements"),
    [(LogFilters(), 1), (LogFilters(key="k1"), 2), (LogFilters(apis=("api1",), status=500), 2)],
)
def test_a_page_costs_a_constant_number_of_queries(
    now: datetime, filters: LogFilters, statements: int, reads: Callable[..., Any]
) -> None:
    store_traffic([
        RequestFactory(organisation="a" * 24, api_id="api1", key="k1", status=500, timestamp=now - timedelta(hours=age))
        for age in range(1, 60)
    ])  # fmt: skip
    with reads(statements):
        assert len(queries.records(A, Window(now - timedelta(days=20), now), filters, limit=30).rows) == 30


def test_a_window_before_everything_kept_is_empty_at_once(now: datetime) -> None:
    assert queries.records(A, Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(1980, 1, 1, tzinfo=UTC))).rows == []
