"""Slices, the ledger and rejected records on the staff site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.analytics import partitions
from apps.analytics.models import AnalyticsRecord, RejectedRecord, Slice
from apps.audit.models import AuditRecord
from apps.pump import services
from apps.users.models import User
from tests.pump.payloads import requests
from tests.pump.storing import SOURCE, ledger, store_slice

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
SLICES, LEDGER, REJECTED = (f"/staff/analytics/{name}/" for name in ("slice", "ledgerentry", "rejectedrecord"))


@pytest.fixture
def mended(moment: datetime) -> list[RejectedRecord]:
    """Three records that were rejected for want of a partition, which is there now."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.RECORDS.name(moment.date())}")
    store_slice(requests(3, moment))
    partitions.maintain()
    return list(RejectedRecord.objects.order_by("id"))


def act(client: Client, action: str, *chosen: RejectedRecord, **more: str) -> str:
    data: dict[str, Any] = {"action": action, "_selected_action": [one.pk for one in chosen], **more}
    return client.post(REJECTED, data, follow=True).content.decode()


def audited(action: str) -> AuditRecord:
    return AuditRecord.objects.get(action=action)


def test_super_users_look_at_slices_and_the_ledger(
    browser_of: BrowserOf, dora: User, mended: list[RejectedRecord]
) -> None:
    client = browser_of(dora)
    one = Slice.objects.get()
    assert SOURCE in client.get(SLICES).content.decode()
    page = client.get(f"{SLICES}{one.pk}/change/").content.decode()
    assert one.claim in page
    assert 'name="_save"' not in page
    assert "org1" in client.get(LEDGER).content.decode()


def test_rejected_records_are_shown_with_why_and_how_they_begin(browser_of: BrowserOf, dora: User) -> None:
    made = RejectedRecord.objects.create(
        source="list", reason="undecodable", detail="no map", payload=b"<b>\x00" + b"x" * 10_000
    )
    client = browser_of(dora)
    shown = client.get(REJECTED).content.decode()
    assert ("no map" in shown, ">10004<" in shown.replace(",", ""), "xxxx" in shown) == (True, True, False)
    page = client.get(f"{REJECTED}{made.pk}/change/").content.decode()
    assert "&lt;b&gt;·xxxx" in page
    assert "x" * 4_000 not in page


def test_they_are_replayed(browser_of: BrowserOf, dora: User, mended: list[RejectedRecord]) -> None:
    assert "2 of 2 taken in." in act(browser_of(dora), "replay", *mended[:2])
    assert list(RejectedRecord.objects.all()) == mended[2:]
    assert AnalyticsRecord.objects.count() == 2
    assert ledger() == (3, 2, 0, 1, 0)
    record = audited("Replay Rejected Records")
    assert (record.user, record.organisation) == (dora.email, "")
    assert set(record.changes) == {f"rejected_record/{one.pk}" for one in mended[:2]}


def test_it_says_how_many_are_rejected_again(browser_of: BrowserOf, dora: User) -> None:
    bad = RejectedRecord.objects.create(source=SOURCE, reason="undecodable", detail="no map", payload=b"\xc1")
    assert "0 of 1 taken in." in act(browser_of(dora), "replay", bad)
    assert RejectedRecord.objects.get().pk > bad.pk


def test_they_are_deleted_and_the_ledger_still_balances(
    browser_of: BrowserOf, dora: User, mended: list[RejectedRecord]
) -> None:
    before = ledger()
    act(browser_of(dora), "delete_selected", *mended[:2], post="yes")
    browser_of(dora).post(f"{REJECTED}{mended[2].pk}/delete/", {"post": "yes"})
    assert not RejectedRecord.objects.exists()
    assert ledger() == before == (3, 0, 0, 3, 0)
    assert AuditRecord.objects.filter(action="Delete Rejected Records", user=dora.email).count() == 2
    assert "analytics-tyk-system-analytics" in AuditRecord.objects.filter(diff__gt="").latest("id").diff


def test_more_than_a_request_takes_are_refused(
    browser_of: BrowserOf, dora: User, mended: list[RejectedRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_AT_ONCE", 2)
    for action in ("replay", "delete_selected"):
        assert "replay_rejected" in act(browser_of(dora), action, *mended, post="yes")
    assert RejectedRecord.objects.count() == 3
    assert not AuditRecord.objects.filter(status__lt=300).exists()


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_administrators_of_an_organisation_see_and_do_nothing(
    browser_of: BrowserOf, who: str, request: pytest.FixtureRequest
) -> None:
    user: User = request.getfixturevalue(who)
    made = RejectedRecord.objects.create(
        organisation=user.organisation_id, source=SOURCE, reason="refused", detail="x", payload=b"x"
    )
    client = browser_of(user)
    assert [client.get(page).status_code for page in (SLICES, LEDGER, REJECTED)] == [403] * 3
    assert "analytics" not in client.get("/staff/").content.decode()
    act(client, "replay", made)
    act(client, "delete_selected", made, post="yes")
    assert RejectedRecord.objects.get() == made


def test_a_super_user_with_few_permissions_does_not_either(browser_of: BrowserOf, dora: User) -> None:
    dora.user_permissions = {"analytics": "read"}
    dora.save()
    assert [browser_of(dora).get(page).status_code for page in (SLICES, LEDGER, REJECTED)] == [403] * 3
