"""Received = stored + duplicates + rejected + filtered, and stored = what the tables hold, for any mixture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.analytics import dimensions
from apps.analytics.models import AnalyticsRecord, LedgerEntry, RejectedRecord, Slice
from apps.pump.config import PumpConfig, RecordFilters, pump_config
from tests.analytics import stored_aggregates
from tests.examples import examples
from tests.pump.payloads import request
from tests.pump.storing import OUTCOMES, counts, ledger, store_slice

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
#: One of few records, so that many are the same; one in five is none.
payloads = st.one_of(
    st.builds(
        lambda minutes, changes: request(NOON + timedelta(minutes=minutes), **changes),
        st.sampled_from([0, 59, 60, -60 * 24 * 9, -60 * 24 * 4000]),
        st.sampled_from([{}, {"OrgID": "org2"}, {"ResponseCode": -1}, {"ResponseCode": 2**40}, {"APIID": "out"}]),
    ),
    st.sampled_from([b"", b"\xc1"]),
)
slices = st.lists(st.lists(payloads, max_size=12), min_size=1, max_size=3)


@pytest.fixture
def config() -> PumpConfig:
    """The configuration of the settings, which leaves out one API."""
    given = pump_config()
    return PumpConfig(given.days, given.minute_days, filters=RecordFilters(skip_api_ids=["out"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(20))
@given(slices=slices)
def test_every_payload_has_exactly_one_outcome(config: PumpConfig, slices: list[list[bytes]]) -> None:
    with transaction.atomic():
        for one in slices:
            store_slice(one, config=config)
        assert_everything_agrees(sum(map(len, slices)))
        transaction.set_rollback(True)


def assert_everything_agrees(received: int) -> None:
    of_slices = tuple(map(sum, zip(*map(counts, Slice.objects.all()), strict=True)))
    assert of_slices == ledger()
    total, stored, duplicates, rejected, filtered = of_slices
    assert total == received == stored + duplicates + rejected + filtered
    assert AnalyticsRecord.objects.count() == stored
    assert RejectedRecord.objects.count() == rejected
    network = sum(LedgerEntry.objects.values_list("network", flat=True))
    assert network == AnalyticsRecord.objects.filter(status=-1).count()
    assert sum(stored_aggregates.hits(dimensions.OVERALL).values()) == stored - network


def test_entries_are_per_organisation_and_hour_of_the_records(moment: datetime, settings: Any) -> None:
    settings.PUMP_SKIP_ORG_IDS = ["org3"]
    hour = moment.replace(minute=0, second=0, microsecond=0)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    store_slice(
        [
            request(moment),
            request(moment),
            request(moment + timedelta(hours=1)),
            request(moment, OrgID="org2", ResponseCode=-1),
            request(moment, OrgID="org3"),
            request(moment - timedelta(days=4000)),
            b"\xc1",
        ]
    )
    found = set(LedgerEntry.objects.values_list("organisation", "hour", *OUTCOMES, "network"))
    assert found - {entry for entry in found if entry[5]} == {
        ("org1", hour, 2, 1, 1, 0, 0, 0),
        ("org1", hour + timedelta(hours=1), 1, 1, 0, 0, 0, 0),
        ("org2", hour, 1, 1, 0, 0, 0, 1),
        ("org3", hour, 1, 0, 0, 0, 1, 0),
    }
    rejected = {entry[:1] + entry[2:] for entry in found if entry[5] and entry[1] >= now}
    assert rejected == {("org1", 1, 0, 0, 1, 0, 0), ("", 1, 0, 0, 1, 0, 0)}
