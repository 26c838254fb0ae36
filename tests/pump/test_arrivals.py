"""When records came, which is not when they say they were made, and clocks that are ahead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.analytics import queries, retention
from apps.analytics.models import LedgerEntry
from apps.core.tenancy import NOTHING, Scope
from apps.users.models import User
from tests.pump.payloads import request
from tests.pump.storing import store_slice

pytestmark = pytest.mark.django_db

A, B = "a" * 24, "b" * 24
SECOND = timedelta(seconds=1)


def store(organisation: str, **ahead: float) -> None:
    """A record of an organisation whose gateway's clock is so much ahead."""
    store_slice([request(timezone.now() + timedelta(**ahead), OrgID=organisation)])


def state(browser: Client) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get("/pipeline/panels/state/").content.decode()))


@pytest.mark.parametrize(
    "scope", [Scope(A, None), Scope(None, None), Scope(A, frozenset(["api1"]))], ids=["organisation", "all", "API"]
)
def test_the_last_record_is_the_one_that_came_last(scope: Scope) -> None:
    before = timezone.now()
    store(A, minutes=20)
    assert before <= (queries.last_arrival(scope) or before - SECOND) <= timezone.now()


def test_a_record_that_came_late_came_now() -> None:
    store(A, hours=-5)
    assert (queries.last_arrival(Scope(A, None)) or datetime.min.replace(tzinfo=UTC)) > timezone.now() - 60 * SECOND


def test_the_last_request_of_an_api_is_told_by_its_own_records() -> None:
    store(A, hours=-5)
    store_slice([request(timezone.now(), OrgID=A, APIID="another")])
    found = queries.last_arrival(Scope(A, frozenset(["api1"])))
    assert found
    assert timedelta(hours=4.9) < timezone.now() - found < timedelta(hours=5.1)


@pytest.mark.parametrize("scope", [Scope(A, None), Scope(None, None), NOTHING])
def test_nothing_came_where_nothing_was_stored(scope: Scope) -> None:
    store_slice([b"\xc1"])
    assert queries.last_arrival(scope) is None


def test_a_clock_that_is_ahead_by_more_than_a_minute_is_told_by_organisation() -> None:
    store(A, minutes=-3)
    store(A, seconds=30)
    store(B, minutes=5)
    assert queries.clocks_ahead(Scope(A, None)) == {}
    for scope in (Scope(B, None), Scope(None, None)):
        ((organisation, ahead),) = queries.clocks_ahead(scope).items()
        assert organisation == B
        assert timedelta(minutes=4.9) < ahead <= timedelta(minutes=5)


def test_a_clock_that_is_right_again_is_told_for_an_hour_at_most() -> None:
    store(A, minutes=5)
    LedgerEntry.objects.update(arrived_at=timezone.now() - timedelta(minutes=61))
    assert queries.clocks_ahead(Scope(A, None)) == {}


def test_the_page_says_whose_clock_is_ahead_to_whom_it_concerns(
    bob: User, dora: User, charlie: User, browser_of: Callable[[User], Client]
) -> None:
    store(A, minutes=5, seconds=30)
    assert "The clock of a gateway is 5 min ahead" in state(browser_of(bob))
    assert f"The clock of a gateway of {A} is 5 min ahead" in state(browser_of(dora))
    assert "clock" not in state(browser_of(charlie))


def test_arrivals_outlive_the_merge_of_the_ledger() -> None:
    for minutes in (-200, -199, -198):
        store(A, minutes=minutes)
    arrived = queries.last_arrival(Scope(A, None))
    retention.merge_ledger(timezone.now())
    assert LedgerEntry.objects.count() <= 2
    assert queries.last_arrival(Scope(A, None)) == arrived
