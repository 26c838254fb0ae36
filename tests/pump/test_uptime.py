"""Uptime results: stored as they are, once, and none of them in the way of others."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.analytics.models import LedgerEntry, Slice, UptimeRecord
from apps.pump import uptime as module
from apps.pump.claims import UPTIME_LIST
from apps.pump.store import AlreadyStoredError, SliceRange
from tests.pump import payloads
from tests.pump.storing import counts, reasons

pytestmark = pytest.mark.django_db


def store_results(given: list[bytes], claim: str = "") -> Slice:
    """Store uptime results as one slice."""
    return module.commit(given, SliceRange(claim or secrets.token_hex(4), UPTIME_LIST, 0, len(given)))


def results(count: int, moment: datetime, **changes: Any) -> list[bytes]:
    """Some results, a second apart."""
    return [payloads.uptime(moment + timedelta(seconds=number), **changes) for number in range(count)]


def test_a_result_is_stored_as_it_is(moment: datetime) -> None:
    store_results([payloads.uptime(moment, ResponseCode=521, TCPError=True, ServerError=True, RequestTime=7)])
    result = UptimeRecord.objects.get()
    assert (result.organisation, result.api_id, result.url) == ("org1", "api1", "http://127.0.0.1:9000/status/200")
    assert (result.timestamp, result.status, result.request_time) == (moment, 521, 7)
    assert (result.tcp_error, result.server_error) == (True, True)


def test_results_are_no_requests(moment: datetime) -> None:
    stored = store_results(results(3, moment))
    assert counts(stored) == (3, 3, 0, 0, 0)
    assert (stored.folded, stored.last_record) == (True, None)
    assert not LedgerEntry.objects.exists()


def test_a_resend_is_stored_once(moment: datetime) -> None:
    assert counts(store_results([*results(3, moment), *results(2, moment)])) == (5, 3, 2, 0, 0)
    assert counts(store_results(results(4, moment))) == (4, 1, 3, 0, 0)
    assert UptimeRecord.objects.count() == 4


def test_a_slice_that_is_in_cannot_come_again(moment: datetime) -> None:
    store_results(results(3, moment), claim="mine")
    with pytest.raises(AlreadyStoredError):
        store_results(results(3, moment), claim="mine")
    assert Slice.objects.count() == 1


def test_a_slice_that_is_in_cannot_come_again_cut_differently(moment: datetime) -> None:
    store_results(results(3, moment), claim="mine")
    with pytest.raises(AlreadyStoredError, match="cut differently"):
        module.commit(results(1, moment), SliceRange("mine", UPTIME_LIST, 2, 3))
    assert Slice.objects.count() == 1


def test_what_is_no_result_costs_no_other(moment: datetime) -> None:
    good = results(3, moment)
    odd = [b"\xc1", payloads.uptime(moment, TimeStamp=[2**40, 0]), payloads.uptime(moment, TimeStamp=[0, 2**62])]
    assert counts(store_results([*odd, *good])) == (6, 3, 0, 3, 0)
    assert reasons() == [("undecodable", "")] * 3


@pytest.mark.parametrize(
    "change", [{"ResponseCode": 2**40}, {"OrgID": secrets.token_hex(5_000)}], ids=["status", "organisation"]
)
def test_a_result_that_no_column_holds_costs_no_other(moment: datetime, change: dict[str, Any]) -> None:
    refused = payloads.uptime(moment, **change)
    assert counts(store_results([*results(2, moment), refused, *results(4, moment)[2:]])) == (5, 4, 0, 1, 0)
    assert reasons() == [("undecodable", "")]


def test_nul_is_replaced(moment: datetime) -> None:
    store_results([payloads.uptime(moment, URL="http://a/\0", OrgID="o\0", APIID="\0")])
    result = UptimeRecord.objects.get()
    assert (result.url, result.organisation, result.api_id) == ("http://a/�", "o�", "�")
