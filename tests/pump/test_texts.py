"""Texts of every kind, stored, counted and rolled up as they were sent."""

from __future__ import annotations

from datetime import datetime

import pytest

from apps.analytics import dimensions, rollup
from apps.analytics.models import AnalyticsRecord
from tests.analytics import stored_aggregates
from tests.pump.payloads import entries, request, with_entry
from tests.pump.storing import counts, store_slice

pytestmark = pytest.mark.django_db


def test_long_values_are_shortened_and_stay_different(moment: datetime) -> None:
    long = "/" + "é" * 7_500
    payloads = [request(moment, Path=long + end, APIKey=long + end, TrackPath=True, Tags=[long + end]) for end in "ab"]
    store_slice(payloads)
    rollup.fold()
    for dimension in (dimensions.ENDPOINT, dimensions.KEY, dimensions.TAG, dimensions.KEY_ENDPOINT):
        found = stored_aggregates.hits(dimension)
        assert list(found.values()) == [1, 1]
        assert all(len(value.encode()) <= 1_000 for _, value, _ in found)
    assert set(AnalyticsRecord.objects.values_list("path", flat=True)) == {long + "a", long + "b"}


STRANGE = [
    "a\nb",
    'a"b',
    r"\.",
    "\n\\.\n",
    r"\N",
    "",
    "NULL",
    "a,b",
    "\r",
    "\x01",
    "{}",
    "'",
    "é🙂",
    "a\\",
    '","',
    "\t",
]


def test_texts_of_all_kinds_come_back_as_they_were(moment: datetime) -> None:
    payloads = [
        request(moment, APIID=f"api{number}", Path=text, APIName=text, Tags=[text, "x"], TrackPath=True, APIKey=text)
        for number, text in enumerate(STRANGE)
    ]
    store_slice(payloads)
    found = AnalyticsRecord.objects.order_by("api_id")
    assert (
        {one.path for one in found} == {one.api_name for one in found} == {one.tags[0] for one in found} == set(STRANGE)
    )
    before = stored_aggregates.read("hour")
    keys = {key.value for key in before if key.dimension == dimensions.KEY.code}
    assert keys == {text for text in STRANGE if text}
    rollup.fold()
    assert stored_aggregates.read("hour") == before
    rollup.roll_up()
    assert stored_aggregates.read("month") == before


def test_nul_and_invalid_utf8_are_replaced_everywhere(moment: datetime) -> None:
    text = b"\xa4/\x00\xffa"
    names = ["Path", "Host", "UserAgent", "APIKey", "OauthID", "Alias", "APIName", "OrgID", "APIID"]
    payloads = [with_entry(entries(moment, TrackPath=True), name, text) for name in names]
    payloads.append(with_entry(entries(moment), "Tags", b"\x92" + text + b"\xa1x"))
    assert counts(store_slice(payloads)) == (10, 10, 0, 0, 0)
    assert AnalyticsRecord.objects.filter(path="/��a").exists()
    assert AnalyticsRecord.objects.filter(tags=["/��a", "x"]).exists()
    assert stored_aggregates.hits(dimensions.KEY)["api1", "/��a", ""] == 1


def test_records_without_organisation_and_api_are_counted(moment: datetime) -> None:
    nameless = dict.fromkeys(("OrgID", "APIID", "APIName", "APIVersion", "APIKey", "Method", "Path", "Host"), "")
    assert counts(store_slice([request(moment, **nameless, Tags=None)])) == (1, 1, 0, 0, 0)
    assert stored_aggregates.hits(dimensions.OVERALL) == stored_aggregates.hits(dimensions.TOTAL) == {("", "", ""): 1}
    assert stored_aggregates.hits(dimensions.STATUS) == {("", "200", ""): 1}
    assert stored_aggregates.hits(dimensions.KEY) == {}
