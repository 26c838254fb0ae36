"""What becomes of the payloads of a slice before any of it touches the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics.models import RejectedRecord
from apps.pump import slices
from apps.pump.columns import RECORD_COLUMNS
from apps.pump.config import PumpConfig, RecordFilters
from apps.pump.enrich import NUMBERS, Enrichment
from apps.pump.slices import Classified, decode, decode_and_classify, record_id
from tests.pump.payloads import message, request, requests, stamp

MOMENT = datetime(2026, 11, 21, 10, 20, 30, 123_456, tzinfo=UTC)
SOURCE = "analytics-tyk-system-analytics"
CONFIG = PumpConfig(
    days=frozenset([MOMENT.date(), (MOMENT - timedelta(days=5)).date()]), minute_days=frozenset([MOMENT.date()])
)


def classified(*payloads: bytes, source: str = SOURCE, **config: Any) -> Classified:
    return decode_and_classify(payloads, source, replace(CONFIG, **config))


def test_a_slice_of_nothing_is_no_obstacle() -> None:
    found = classified()
    assert (found.records.height, found.duplicates.height, found.filtered.height, found.rejected) == (0, 0, 0, [])
    assert found.minute_rows().is_empty()
    assert found.hour_rows().is_empty()


def test_a_slice_of_nothing_but_rubbish_is_no_obstacle() -> None:
    found = classified(b"", b"\xc1")
    assert [one.reason for one in found.rejected] == [RejectedRecord.Reason.UNDECODABLE] * 2


def test_records_have_the_columns_of_the_raw_table() -> None:
    found = classified(request(MOMENT, country="GB", Tags=['a"b', "c"], ResponseCode=302, TrackPath=True))
    (row,) = found.records.select(RECORD_COLUMNS).iter_rows(named=True)
    assert row["timestamp"] == MOMENT.replace(tzinfo=None)
    assert (row["organisation"], row["status"], row["country"], row["tracked"]) == ("org1", 302, "GB", True)
    assert (row["latency"], row["upstream_latency"], row["gateway_latency"], row["request_time"]) == (12, 6, 6, 12)
    assert (row["tags"], row["details"]) == ('{"a\\"b","c"}', None)


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({}, ["a1 200", "a1 404", "a2 200", "b1 200", "b1 500"]),
        ({"skip_api_ids": ["a1"]}, ["a2 200", "b1 200", "b1 500"]),
        ({"skip_org_ids": ["a"]}, ["b1 200", "b1 500"]),
        ({"skip_response_codes": [200]}, ["a1 404", "b1 500"]),
        ({"api_ids": ["a1", "b1"]}, ["a1 200", "a1 404", "b1 200", "b1 500"]),
        ({"org_ids": ["b"]}, ["b1 200", "b1 500"]),
        ({"response_codes": [404, 500]}, ["a1 404", "b1 500"]),
        ({"api_ids": ["a1"], "skip_api_ids": ["a1"]}, []),
        ({"api_ids": ["a1"], "response_codes": [200]}, ["a1 200"]),
        ({"org_ids": ["a"], "skip_response_codes": [404]}, ["a1 200", "a2 200"]),
        ({"org_ids": ["nobody"]}, []),
    ],
)
def test_filters_leave_out_records_as_the_gateways_own_pump_does(filters: dict[str, Any], kept: list[str]) -> None:
    calls = [("a", "a1", 200), ("a", "a1", 404), ("a", "a2", 200), ("b", "b1", 200), ("b", "b1", 500)]
    payloads = [request(MOMENT, OrgID=org, APIID=api, ResponseCode=code) for org, api, code in calls]
    found = classified(*payloads, filters=RecordFilters(**filters))
    records = found.records.select("api_id", "status").sort("api_id", "status").iter_rows()
    assert [f"{api} {code}" for api, code in records] == kept
    assert found.filtered.height == 5 - len(kept)


def test_a_record_that_is_left_out_is_not_rejected_for_its_time() -> None:
    found = classified(request(MOMENT - timedelta(days=900)), filters=RecordFilters(skip_org_ids=["org1"]))
    assert (found.filtered.height, found.rejected) == (1, [])


def test_rejected_records_keep_their_payload_and_organisation() -> None:
    payload = request(MOMENT - timedelta(days=1), OrgID="org9")
    (rejected,) = classified(payload).rejected
    assert (rejected.payload, rejected.organisation) == (payload, "org9")
    assert rejected.reason is RejectedRecord.Reason.OUT_OF_WINDOW
    assert rejected.detail == "no partition for 2026-11-20 10:20:30 UTC"


def test_only_the_days_that_have_minutes_get_minute_rows() -> None:
    found = classified(request(MOMENT), request(MOMENT - timedelta(days=5)))
    assert set(found.minute_rows()["bucket"]) == {MOMENT.replace(second=0, microsecond=0, tzinfo=None)}
    hour = MOMENT.replace(day=16, minute=0, second=0, microsecond=0, tzinfo=None)
    assert set(found.hour_rows()["bucket"]) == {hour}


def test_the_path_is_normalised_unless_it_is_a_tracked_pattern() -> None:
    enrichment = Enrichment(patterns=(NUMBERS,))
    plain, tracked = request(MOMENT, Path="/a/7"), request(MOMENT, Path="/a/8", TrackPath=True)
    assert set(classified(plain, tracked, enrichment=enrichment).records["path"]) == {"/a/{id}", "/a/8"}
    assert set(classified(plain, tracked).records["path"]) == {"/a/7", "/a/8"}


def test_records_are_in_the_order_of_the_index() -> None:
    payloads = [request(MOMENT, OrgID=org, TimeStamp=stamp(MOMENT, n)) for n in range(50) for org in ("b", "a")]
    records = classified(*payloads).records
    keys = list(records.select("organisation", "id").iter_rows())
    assert keys == sorted(keys)


def test_an_id_tells_the_millisecond_and_the_bytes() -> None:
    first, second = record_id(b"a", (1_795_256_430, 123_999_999)), record_id(b"b", (1_795_256_430, 123_000_000))
    assert int.from_bytes(first[:6]) == int.from_bytes(second[:6]) == 1_795_256_430_123
    assert first[6:] != second[6:]
    assert len(first) == len(second) == 16
    assert record_id(b"a", (-1, 0)) < record_id(b"a", (-1, 5_000_000))


def test_the_same_request_in_both_encodings_is_two_records() -> None:
    payload = message((1, "host"), (13, [(1, 1_795_256_430), (2, 5)]), (17, "org1"))
    assert classified(payload, source=f"{SOURCE}_protobuf").records.height == 1
    assert classified(payload).rejected[0].reason is RejectedRecord.Reason.UNDECODABLE


def test_resends_are_told_from_new_records_without_changing_them() -> None:
    found = classified(*requests(4, MOMENT), *requests(2, MOMENT))
    assert (found.records.height, found.duplicates.height) == (4, 2)
    found.mark_resent(found.records["id"][:3])
    assert (found.records.height, found.duplicates.height) == (3, 3)
    found.reject_refused({found.records["id"][0]: "too odd"})
    assert (found.records.height, found.duplicates.height) == (2, 3)
    (refused,) = found.rejected
    assert (refused.reason, refused.detail) == (RejectedRecord.Reason.REFUSED, "too odd")
    assert refused.payload in requests(4, MOMENT)


@given(st.lists(st.tuples(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-(2**63) + 1, 2**63 - 1)), min_size=1))
def test_ids_of_a_slice_are_those_of_its_records(times: list[tuple[int, int]]) -> None:
    payloads = [request(MOMENT, TimeStamp=list(time)) for time in times]
    found = decode(payloads, SOURCE, CONFIG).records["id"].to_list()
    assert found == [record_id(payload, time).hex() for payload, time in zip(payloads, times, strict=True)]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A payload that nobody thought of."""
    odd = request(MOMENT, APIID="odd")

    def fail_for_odd(payload: bytes) -> Any:
        if payload == odd:
            raise ZeroDivisionError("by nothing")
        return sha256(payload)

    monkeypatch.setattr(slices, "sha256", fail_for_odd)
    return odd


def test_a_payload_that_nobody_thought_of_costs_no_other(odd: bytes) -> None:
    good = requests(5, MOMENT)
    found = classified(*good[:3], odd, *good[3:], odd)
    assert found.records.height == 5
    assert [(one.payload, one.reason) for one in found.rejected] == [(odd, RejectedRecord.Reason.UNDECODABLE)] * 2
    assert found.rejected[0].detail == "cannot be prepared: ZeroDivisionError: by nothing"


def test_an_error_that_no_payload_is_to_blame_for_is_raised(odd: bytes) -> None:
    with pytest.raises(ZeroDivisionError):
        classified(odd, odd)


@pytest.mark.parametrize(
    ("bound", "part"),
    [
        ("_PART_RECORDS", 1),
        ("_PART_RECORDS", 3),
        ("_PART_RECORDS", 4),
        ("_PART_RECORDS", 100),
        ("_PART_BYTES", 1),
        ("_PART_BYTES", 4_000),
    ],
)
def test_every_row_finds_its_payload_however_a_slice_is_cut(
    monkeypatch: pytest.MonkeyPatch, bound: str, part: int
) -> None:
    monkeypatch.setattr(slices, bound, part)
    monkeypatch.setattr(slices, "_SMALL", 0)
    good = [request(MOMENT + timedelta(seconds=number)) for number in range(7)]
    late = request(MOMENT - timedelta(days=1))
    found = classified(*good[:3], b"\xc1", *good[3:], late, good[0], request(MOMENT, OrgID="x" * 2_000, APIID="last"))
    assert [found.payloads[row] for row in found.records["row"]] == good
    assert [one.payload for one in found.rejected][:1] == [b"\xc1"]
    assert {one.payload for one in found.rejected} == {b"\xc1", late, found.payloads[-1]}
    assert found.duplicates["row"].to_list() == [9]
    found.reject_refused(dict.fromkeys(found.records["id"][5:], "no"))
    assert [one.payload for one in found.rejected[3:]] == good[5:]
    assert found.minute_rows().filter(pl.col("dimension") == 0)["hits"].to_list() == [5]
