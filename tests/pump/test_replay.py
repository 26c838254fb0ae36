"""Rejected records, put through the pump again: each counted once, like the first time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.analytics import dimensions, partitions
from apps.analytics.models import AnalyticsRecord, RejectedRecord, UptimeRecord
from apps.pump import replay as module
from apps.pump import uptime
from apps.pump.claims import UPTIME_LIST
from apps.pump.replay import replay
from apps.pump.store import SliceRange
from tests.analytics import stored_aggregates
from tests.pump import payloads
from tests.pump.payloads import request, requests
from tests.pump.storing import SOURCE, ledger, reasons, store_slice

pytestmark = pytest.mark.django_db

TOO_OLD = datetime.now(UTC) - timedelta(days=400)


@pytest.fixture
def no_partition(moment: datetime) -> None:
    """The day of the moment has no partition of raw records yet."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.RECORDS.name(moment.date())}")


def totals(**options: Any) -> tuple[int, int]:
    """Records tried and rejected still, of all portions of a replay."""
    portions = list(replay(RejectedRecord.objects.filter(**options)))
    return sum(one.tried for one in portions), sum(one.still_rejected for one in portions)


@pytest.mark.usefixtures("no_partition")
def test_records_of_a_missing_day_are_stored_once_it_is_there(moment: datetime, capsys: Any) -> None:
    store_slice(requests(3, moment))
    assert reasons() == [("out_of_window", "org1")] * 3
    assert partitions.RECORDS.name(moment.date()) in call_and_read(capsys, "partitions", made=1)
    call_command("replay_rejected", reason="out_of_window")
    assert capsys.readouterr().out == "3 of 3 tried, 3 taken in\n"
    assert (reasons(), ledger()) == ([], (3, 3, 0, 0, 0))
    assert AnalyticsRecord.objects.count() == 3
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 3}


def call_and_read(capsys: Any, command: str, *, made: int) -> str:
    """Run a command that makes partitions; the names there are then."""
    call_command(command)
    assert capsys.readouterr().out == f"{made} partitions made, 0 dropped.\n"
    return " ".join(partitions.existing(partitions.RECORDS).values())


def test_what_cannot_be_stored_still_stays_with_its_reason_of_today() -> None:
    store_slice([request(TOO_OLD), b"\xc1"])
    first = set(RejectedRecord.objects.values_list("id", flat=True))
    assert totals() == (2, 2)
    assert sorted(reasons()) == [("out_of_window", "org1"), ("undecodable", "")]
    assert not first & set(RejectedRecord.objects.values_list("id", flat=True))
    assert ledger() == (2, 0, 0, 2, 0)


def test_a_record_that_came_again_meanwhile_is_a_duplicate(moment: datetime) -> None:
    store_slice(requests(1, moment))
    RejectedRecord.objects.create(
        source="analytics-tyk-system-analytics", reason="undecodable", payload=requests(1, moment)[0]
    )
    assert totals() == (1, 0)
    assert AnalyticsRecord.objects.count() == 1
    assert ledger() == (1, 1, 1, -1, 0)


def test_the_list_of_a_record_tells_its_encoding(moment: datetime) -> None:
    seconds, _ = payloads.stamp(moment)
    message = payloads.message((13, [(1, seconds)]), (17, "org1"))
    store_slice([message])
    RejectedRecord.objects.update(source=f"{SOURCE}_4_protobuf")
    assert totals() == (1, 0)
    assert AnalyticsRecord.objects.count() == 1


def test_uptime_results_go_where_they_belong(moment: datetime) -> None:
    RejectedRecord.objects.create(source=UPTIME_LIST, reason="undecodable", payload=payloads.uptime(moment))
    uptime.commit([b"\xc1"], SliceRange("c", UPTIME_LIST, 0, 1))
    assert totals() == (2, 1)
    assert UptimeRecord.objects.count() == 1
    assert ledger() == (0, 0, 0, 0, 0)


def test_it_goes_on_in_portions_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_AT_ONCE", 3)
    store_slice([request(TOO_OLD, APIID=str(number)) for number in range(7)] + [b"\xc1"])
    portions = [(one.tried, one.still_rejected) for one in replay(RejectedRecord.objects.all())]
    assert portions == [(3, 3), (3, 3), (2, 2)]
    assert ledger() == (8, 0, 0, 8, 0)


def test_only_those_asked_for_are_tried(capsys: Any) -> None:
    store_slice([request(TOO_OLD), request(TOO_OLD, OrgID="org2")])
    store_slice([b"\xc1"], f"{SOURCE}_3")
    assert totals(organisation="org2") == (1, 1)
    call_command("replay_rejected", source=f"{SOURCE}_3")
    assert capsys.readouterr().out == "1 of 1 tried, 0 taken in\n"
    call_command("replay_rejected", reason="out_of_window", organisation="org1")
    assert capsys.readouterr().out == "1 of 1 tried, 0 taken in\n"
    with pytest.raises(CommandError, match="no rejected record of that kind"):
        call_command("replay_rejected", reason="refused")


def test_a_filter_of_today_counts_what_it_leaves_out(moment: datetime, settings: Any) -> None:
    store_slice([request(TOO_OLD)])
    settings.PUMP_SKIP_ORG_IDS = ["org1"]
    assert totals() == (1, 0)
    assert ledger() == (1, 0, 0, 0, 1)


def test_an_error_in_the_middle_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    store_slice([request(TOO_OLD), b"\xc1"])
    before = list(RejectedRecord.objects.values_list("id", flat=True))

    def fail(*args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(module.LedgerEntry.objects, "bulk_create", fail)
    with pytest.raises(OSError, match="disk"):
        totals()
    monkeypatch.undo()
    assert list(RejectedRecord.objects.values_list("id", flat=True)) == before
    assert ledger() == (2, 0, 0, 2, 0)
