"""The page about the pipeline: what waits, what became of what was received, and each trouble in words."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from apps.analytics import pump_status
from apps.analytics.models import ClosedHour, LedgerEntry, RejectedRecord
from apps.analytics.pump_status import ClaimStatus, PumpStatus
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic

BrowserOf = Callable[[User], Client]
NOW = datetime.now(UTC)
A, B = "a" * 24, "b" * 24


def words(client: Client, panel: str, query: str = "") -> str:
    response = client.get(f"/pipeline/panels/{panel}/{query}")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the pipeline be in some state."""

    def let(**state: object) -> None:
        usual = {"at": NOW, "last_record": NOW, "last_commit": NOW}
        monkeypatch.setattr(pump_status, "current", lambda: PumpStatus(**{**usual, **state}))  # type: ignore[arg-type]

    return let


@pytest.fixture
def traffic(organisation_a: object) -> None:
    """An hour with seven requests and an hour with three."""
    store_traffic(RequestFactory.build_batch(7, timestamp=NOW))
    store_traffic(RequestFactory.build_batch(3, timestamp=NOW - timedelta(hours=3)))


def test_it_says_that_all_is_well(bob: User, browser_of: BrowserOf, pipeline: Callable[..., None]) -> None:
    pipeline()
    said = words(browser_of(bob), "state")
    assert "Every record is taken in time" in said
    assert "Nothing waits" in said


def test_it_says_what_was_capped(bob: User, browser_of: BrowserOf, pipeline: Callable[..., None]) -> None:
    pipeline()
    assert "capped" not in words(browser_of(bob), "state")
    counts = dict.fromkeys(("received", "stored", "duplicates", "rejected", "filtered", "network"), 0)
    for organisation in (A, B):
        LedgerEntry.objects.create(organisation=organisation, hour=NOW, tags_left_out=1_200, other_hits=3, **counts)
    said = words(browser_of(bob), "state")
    assert "1,200 tags beyond the first of their record were left out (PUMP_MAX_TAGS)" in said
    assert "3 counts are of values too rare to be counted apart (PUMP_MAX_VALUES)" in said
    assert "PUMP_MAX_VALUE_BYTES" not in said


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ({"redis_error": "Connection refused"}, "The gateways’ Redis does not answer"),
        (
            {"lists": {"list": 5}, "last_commit": NOW - timedelta(minutes=9)},
            "5 records wait, and nothing was stored for",
        ),
        ({"lists": {"list": 5}, "last_commit": None}, "5 records wait, and nothing was stored yet"),
        (
            {"refused": {"host-checker:list": "WRONGTYPE"}},
            "host-checker:list is passed over WRONGTYPE. Everything else is taken.",
        ),
        ({"refused": {"a": "NOPERM", "b": "NOPERM", "c": "OOM"}}, "a and 1 more keys are passed over NOPERM."),
        ({"lag": timedelta(seconds=90)}, "The pump is 90 s behind"),
        ({"missing_partitions": ["analytics_record_20990101"]}, "There is no partition analytics_record_20990101"),
    ],
)
def test_it_has_words_for_every_trouble(
    bob: User, browser_of: BrowserOf, pipeline: Callable[..., None], state: dict[str, object], trouble: str
) -> None:
    pipeline(**state)
    said = words(browser_of(bob), "state")
    assert trouble in said
    assert "Every record is taken in time" not in said


def test_it_shows_what_waits_and_how_far_a_claim_is(
    bob: User, browser_of: BrowserOf, pipeline: Callable[..., None]
) -> None:
    pipeline(lists={"analytics-list": 1_200}, claims=[ClaimStatus("claim", "analytics-other", 900, 400)])
    said = words(browser_of(bob), "state")
    assert "analytics-list 1,200" in said
    assert "analytics-other being stored 900 400" in said
    assert "1,700 records" in said


def test_it_looks_at_the_real_pipeline(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    assert "Last stored" in words(browser_of(bob), "state")


def test_every_hour_is_received_stored_and_counted(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    response = browser_of(bob).get("/pipeline/panels/hours/")
    lines = response.context["rows"]
    assert [(line.ledger.received, line.ledger.hits, line.difference) for line in lines] == [(7, 7, 0), (3, 3, 0)]
    assert lines[0].ledger.start > lines[1].ledger.start


def test_it_says_by_how_much_the_aggregates_differ(
    bob: User, browser_of: BrowserOf, traffic: None, pipeline: Callable[..., None]
) -> None:
    entry = LedgerEntry.objects.latest("hour")
    LedgerEntry.objects.filter(pk=entry.pk).update(received=9, stored=9)
    pipeline()
    assert "-2 counted" in words(browser_of(bob), "hours")
    assert "The aggregates of an hour differ" in words(browser_of(bob), "state")


def test_it_says_when_a_record_is_nowhere(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    entry = LedgerEntry.objects.latest("hour")
    LedgerEntry.objects.filter(pk=entry.pk).update(received=8)
    assert "1 missing" in words(browser_of(bob), "hours")


def test_it_shows_proofs_and_repairs(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    entries = LedgerEntry.objects.order_by("hour")
    proved = {"organisation": A, "ledger": 3, "records": 3, "hits": 3, "proved_at": NOW}
    ClosedHour.objects.create(hour=entries[0].hour, **proved)
    assert "proved" in words(browser_of(bob), "hours")
    ClosedHour.objects.update(repaired_at=timezone.now())
    assert "counted again" in words(browser_of(bob), "hours")


def test_its_ledger_is_a_file_too(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    response = browser_of(bob).get("/pipeline/panels/hours.csv")
    rows = list(csv.DictReader(StringIO(b"".join(response).decode())))  # type: ignore[arg-type]
    assert sum(int(row["received"]) for row in rows) == 10
    assert sum(int(row["hits"]) for row in rows) == 10


def test_it_counts_rejected_records_by_reason(bob: User, browser_of: BrowserOf, traffic: None) -> None:
    reason = RejectedRecord.Reason.OUT_OF_WINDOW
    for organisation in (A, A, B):
        RejectedRecord.objects.create(
            organisation=organisation, source="list", reason=reason, detail="of 1999", payload=b"secret payload"
        )
    said = words(browser_of(bob), "rejected")
    assert "its time is outside the days that are kept 2" in said
    assert "2 records were rejected" in words(browser_of(bob), "state")


def test_it_shows_payloads_to_super_users_only(
    alice: User, dora: User, browser_of: BrowserOf, organisation_a: object
) -> None:
    RejectedRecord.objects.create(
        organisation=A, source="list", reason="undecodable", detail="no map", payload=b"<b>secret\x00payload"
    )
    assert "secret" not in words(browser_of(alice), "rejected")
    shown = browser_of(dora).get("/pipeline/panels/rejected/").content.decode()
    assert "&lt;b&gt;secret·payload" in shown
    assert "17 bytes" in shown


def test_it_tells_nothing_of_the_records_of_another_organisation(
    charlie: User, browser_of: BrowserOf, traffic: None
) -> None:
    RejectedRecord.objects.create(organisation=A, source="list", reason="undecodable", detail="no map", payload=b"x")
    client = browser_of(charlie)
    assert "None. Every record could be stored." in words(client, "rejected")
    assert "Nothing was received in this range" in words(client, "hours")


def test_it_says_when_nobody_looks_at_the_pump(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_status, "_look", None)
    with pytest.raises(ImproperlyConfigured, match="register"):
        pump_status.current()


@pytest.fixture
def failing(organisation_a: object) -> None:
    """Three deliveries of A that are not made: one waits, one has failed, one is dead."""
    for state in ({}, {"last_error": "refused"}, {"status": "dead", "last_error": "refused"}, {"status": "delivered"}):
        Delivery.objects.create(kind="mail.test", organisation=A, **state)


def test_it_counts_deliveries_that_wait_fail_and_are_dead(bob: User, browser_of: BrowserOf, failing: None) -> None:
    said = words(browser_of(bob), "deliveries")
    assert "mail.test 2 1 1" in said
    assert "refused" not in said


def test_it_leads_administrators_who_are_staff_to_them(
    alice: User, bob: User, browser_of: BrowserOf, failing: None
) -> None:
    links = [
        re.findall(r'href="(/staff/[^"]+)"', browser_of(user).get("/pipeline/panels/deliveries/").content.decode())
        for user in (alice, bob)
    ]
    assert [len(found) for found in links] == [2, 0]
    assert "refused" in browser_of(alice).get(links[0][1].replace("&amp;", "&")).content.decode()


def test_it_counts_no_deliveries_of_another_organisation(charlie: User, browser_of: BrowserOf, failing: None) -> None:
    assert "None wait." in words(browser_of(charlie), "deliveries")
