"""A slice in one transaction: each record stored, counted and accounted for once, or not at all."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.analytics import dimensions, partitions
from apps.analytics.models import AnalyticsRecord, RejectedRecord, Slice
from apps.pump import bounds, store
from apps.pump.config import pump_config
from apps.pump.slices import decode_and_classify
from apps.pump.store import AlreadyStoredError, SliceRange
from tests.analytics import stored_aggregates
from tests.pump.payloads import entries, request, requests
from tests.pump.storing import SOURCE, counts, ledger, reasons, store_slice

pytestmark = pytest.mark.django_db


@pytest.fixture
def any_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let statuses in that only the database refuses."""
    monkeypatch.setitem(bounds.FIELDS, "status", ("ResponseCode", bounds.Bounds(-1, 2**62)))


def test_every_record_is_stored_counted_and_accounted_for(moment: datetime) -> None:
    assert counts(store_slice(requests(5, moment))) == (5, 5, 0, 0, 0)
    assert AnalyticsRecord.objects.count() == 5
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 5}
    assert ledger() == (5, 5, 0, 0, 0)


def test_a_resend_within_a_slice_is_stored_once(moment: datetime) -> None:
    payloads = requests(3, moment)
    assert counts(store_slice([*payloads, *payloads, payloads[0]])) == (7, 3, 4, 0, 0)
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 3}
    assert ledger() == (7, 3, 4, 0, 0)


def test_a_resend_in_a_later_slice_is_stored_once(moment: datetime) -> None:
    store_slice(requests(3, moment))
    assert counts(store_slice(requests(5, moment))) == (5, 2, 3, 0, 0)
    assert counts(store_slice(requests(5, moment), f"{SOURCE}_7")) == (5, 0, 5, 0, 0)
    assert AnalyticsRecord.objects.count() == 5
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 5}
    assert ledger() == (13, 5, 8, 0, 0)


def test_a_slice_knows_its_rows_of_minutes_also_when_some_were_in_already(moment: datetime) -> None:
    store_slice(requests(3, moment))
    store_slice([*requests(3, moment), request(moment + timedelta(minutes=1), APIID="another")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT slice, count(*) FROM analytics_minute GROUP BY slice ORDER BY slice")
        assert cursor.fetchall() == list(Slice.objects.order_by("id").values_list("id", "minute_rows"))


def test_a_slice_that_is_in_cannot_come_again(moment: datetime) -> None:
    store_slice(requests(3, moment), claim="mine")
    with pytest.raises(AlreadyStoredError, match="mine from 0 on"):
        store_slice(requests(3, moment), claim="mine")
    assert ledger() == (3, 3, 0, 0, 0)
    assert Slice.objects.count() == 1


def test_what_is_no_record_costs_no_other(moment: datetime) -> None:
    good = requests(4, moment)
    assert counts(store_slice([b"\xc1", *good[:2], b"", *good[2:], b"\x80"])) == (7, 4, 0, 3, 0)
    assert reasons() == [("undecodable", "")] * 3
    assert sorted(bytes(payload) for payload in RejectedRecord.objects.values_list("payload", flat=True)) == [
        b"",
        b"\x80",
        b"\xc1",
    ]
    assert ledger() == (7, 4, 0, 3, 0)


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_record_the_database_refuses_costs_no_other(moment: datetime, any_status: None, place: int) -> None:
    payloads = requests(12, moment)
    payloads[place] = request(moment, ResponseCode=2**40, OrgID="org7")
    assert counts(store_slice(payloads)) == (12, 11, 0, 1, 0)
    (rejected,) = RejectedRecord.objects.all()
    assert (rejected.reason, rejected.organisation, bytes(rejected.payload)) == ("refused", "org7", payloads[place])
    assert "out of range" in rejected.detail
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 11}
    assert ledger() == (12, 11, 0, 1, 0)


@pytest.mark.parametrize("name", ["a" * 10_000, secrets.token_hex(5_000), secrets.token_hex(800)])
@pytest.mark.parametrize("other", [{}, {"APIID": "left out"}, {"TimeStamp": [0, 0]}])
def test_an_organisation_of_no_sensible_length_costs_no_other(
    moment: datetime, settings: Any, name: str, other: dict[str, Any]
) -> None:
    settings.PUMP_SKIP_API_IDS = ["left out"]
    stored = store_slice([*requests(3, moment), request(moment, OrgID=name, **other)])
    assert counts(stored) == (4, 3, 0, 1, 0)
    assert reasons() == [("refused", "")]
    assert ledger() == (4, 3, 0, 1, 0)


def test_all_outcomes_may_meet_in_one_slice(moment: datetime, any_status: None, settings: Any) -> None:
    settings.PUMP_SKIP_API_IDS = ["left out"]
    store_slice(requests(1, moment))
    payloads = [
        *requests(3, moment),
        request(moment, ResponseCode=2**40),
        request(moment, APIID="left out"),
        request(moment - timedelta(days=4000)),
        b"\xc1",
        request(moment, ResponseCode=-1),
        request(moment, RequestTime=-1),
    ]
    assert counts(store_slice(payloads)) == (9, 3, 1, 4, 1)
    assert sorted(reasons()) == [
        *(("implausible", "org1"), ("out_of_window", "org1"), ("refused", "org1"), ("undecodable", ""))
    ]
    assert ledger() == (10, 4, 1, 4, 1)


def test_graphql_and_mcp_records_are_requests_like_any_other(moment: datetime) -> None:
    graphql, mcp = entries(moment)["GraphQLStats"] | {"IsGraphQL": True}, {"IsMCP": True, "PrimitiveName": "tool"}
    store_slice([request(moment, GraphQLStats=graphql, APIID="g"), request(moment, MCPStats=mcp, APIID="m")])
    assert stored_aggregates.hits(dimensions.TOTAL) == {("g", "", ""): 1, ("m", "", ""): 1}
    assert AnalyticsRecord.objects.get(api_id="m").details == {"mcp": mcp}


def test_an_error_in_the_middle_leaves_nothing(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(store, "network_statistics", fail)
    with pytest.raises(OSError, match="disk"):
        store_slice([*requests(2, moment), b"\xc1", request(moment - timedelta(days=9))])
    tables = ["record", "minute", "hour", "slice", "ledgerentry", "rejectedrecord"]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM analytics_{table}" for table in tables))
        assert cursor.fetchall() == [(0,)] * 6


def test_a_partition_dropped_meanwhile_leaves_nothing_and_is_seen_the_next_time(moment: datetime) -> None:
    old = datetime.combine(min(partitions.existing(partitions.RECORDS)), time(), UTC)
    rows = store.rows_of(decode_and_classify([request(old)], SOURCE, pump_config()), store.next_slice())
    partitions.maintain(datetime.now(UTC).date() + timedelta(days=1))
    with pytest.raises(Exception, match="does not exist"):
        store.commit(rows, SliceRange("c", SOURCE, 0, 1))
    assert counts(store_slice([request(old)])) == (1, 0, 0, 1, 0)
