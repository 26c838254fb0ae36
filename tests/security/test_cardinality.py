"""What one record may make of the tables, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from apps.analytics import dimensions
from apps.analytics.models import AnalyticsRecord, LedgerEntry, MinuteAggregate
from apps.analytics.rollup import fold
from tests.pump.payloads import request, requests
from tests.pump.storing import counts, store_slice

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


def capped() -> tuple[int, int, int]:
    """Tags left out, texts cut, and requests under rare values, by the ledger."""
    names = ("tags_left_out", "texts_cut", "other_hits")
    sums = LedgerEntry.objects.aggregate(**{name: Sum(name) for name in names})
    return tuple(sums[name] for name in names)  # type: ignore[return-value]


def table_bytes(table: str) -> int:
    """What a table and its partitions take, indexes included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%s)", [table])
        return int(cursor.fetchone()[0])


def test_a_record_with_a_million_tags_keeps_a_hundred(settings: Any) -> None:
    before = table_bytes("analytics_minute"), table_bytes("analytics_record")
    one = store_slice([request(NOON, Tags=[f"tag {number}" for number in range(1_000_000)])])
    assert counts(one) == (1, 1, 0, 0, 0)
    assert MinuteAggregate.objects.filter(dimension=dimensions.TAG.code).count() == settings.PUMP_MAX_TAGS == 100
    assert AnalyticsRecord.objects.get().tags == [f"tag {number}" for number in range(100)]
    assert capped() == (999_900, 0, 0)
    after = table_bytes("analytics_minute"), table_bytes("analytics_record")
    assert max(new - old for new, old in zip(after, before, strict=True)) < 1_000_000


def test_its_neighbours_keep_all_of_theirs() -> None:
    tagged = [request(NOON, Path=f"/{number}", Tags=["a", "b"]) for number in range(3)]
    store_slice([tagged[0], request(NOON, Tags=[str(number) for number in range(150)]), *tagged[1:]])
    kept = sorted(len(tags) for tags in AnalyticsRecord.objects.values_list("tags", flat=True))
    assert kept == [2, 2, 2, 100]
    assert capped() == (50, 0, 0)


@pytest.mark.parametrize("field", ["APIKey", "APIVersion", "OauthID", "Alias", "APIName", "Path", "Method"])
def test_a_value_is_no_longer_than_its_cap(settings: Any, field: str) -> None:
    settings.PUMP_MAX_VALUE_BYTES = 100
    store_slice([request(NOON, **{field: "é" * 5_000_000, "TrackPath": True})])
    texts = MinuteAggregate.objects.values_list("value", "detail", "name")
    assert max(len(text.encode()) for row in texts for text in row) <= 100
    assert capped()[1] == 1


def test_tags_are_no_longer_than_their_cap(settings: Any) -> None:
    settings.PUMP_MAX_VALUE_BYTES = 100
    store_slice([request(NOON, Tags=["t" * 101, "t" * 100])])
    texts = MinuteAggregate.objects.filter(dimension=dimensions.TAG.code).values_list("value", flat=True)
    assert [len(text.encode()) <= 100 for text in texts] == [True, True]
    assert AnalyticsRecord.objects.get().tags == ["t" * 101, "t" * 100]
    assert capped()[1] == 1


@pytest.mark.parametrize(
    ("field", "dimension"),
    [("APIKey", dimensions.KEY), ("APIVersion", dimensions.VERSION), ("Path", dimensions.ENDPOINT)],
)
def test_a_slice_has_no_more_values_of_a_dimension_than_the_cap(
    settings: Any, field: str, dimension: dimensions.Dimension
) -> None:
    settings.PUMP_MAX_VALUES = 5
    store_slice([request(NOON, **{field: f"/{number:03}", "TrackPath": True}) for number in range(200)])
    rows = MinuteAggregate.objects.filter(dimension=dimension.code)
    assert rows.count() == 6
    assert rows.aggregate(sum=Sum("hits"))["sum"] == 200
    assert capped()[2] > 0


def test_nothing_is_capped_of_ordinary_records() -> None:
    store_slice(requests(20, NOON))
    fold()
    assert capped() == (0, 0, 0)
