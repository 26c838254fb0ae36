"""Numbers that nothing measured: they cost their record, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.analytics import dimensions
from apps.analytics.models import AnalyticsRecord, NetworkStatistic, RejectedRecord
from apps.pump.bounds import DETAILS, FIELDS, MILLISECONDS, fault_of_details
from apps.pump.columns import FIELD_SCHEMA
from tests.analytics import stored_aggregates
from tests.pump.payloads import entries, message, pack, request, requests
from tests.pump.storing import SOURCE, counts, ledger, reasons, store_slice

MOMENT = datetime.now(UTC).replace(microsecond=0)
LONGEST = MILLISECONDS.last
NO_NETWORK = {"OpenConnections": 0, "ClosedConnection": 0, "BytesIn": 0, "BytesOut": 0}


def latency(total: int = 0, upstream: int = 0, gateway: int = 0) -> dict[str, Any]:
    return {"Latency": {"Total": total, "Upstream": upstream, "Gateway": gateway}}


IMPLAUSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"RequestTime": 2**63 - 1}, "RequestTime: 9223372036854775807 is none of 0 to 31,622,400,000"),
    ({"RequestTime": 2**62}, "RequestTime"),
    ({"RequestTime": -1}, "RequestTime: -1 is none of"),
    (latency(total=LONGEST + 1), "Latency.Total"),
    (latency(total=-1), "Latency.Total"),
    (latency(upstream=-5), "Latency.Upstream"),
    (latency(gateway=2**62), "Latency.Gateway"),
    ({"ResponseCode": 1000}, "ResponseCode"),
    ({"ResponseCode": -2}, "ResponseCode"),
    ({"ContentLength": -2}, "ContentLength"),
    ({"ContentLength": 2**53}, "ContentLength"),
    ({"TimeStamp": [2**62, 0]}, "TimeStamp (seconds)"),
    ({"TimeStamp": [1_700_000_000, 1_000_000_000]}, "TimeStamp (nanoseconds)"),
    ({"Network": NO_NETWORK | {"BytesIn": 2**62}, "ResponseCode": -1}, "Network.BytesIn"),
    ({"Network": NO_NETWORK | {"OpenConnections": -1}, "ResponseCode": -1}, "Network.OpenConnections"),
    ({"Network": NO_NETWORK | {"BytesOut": "many"}}, "Network.BytesOut: many is none of"),
    ({"Geo": {"Country": {"ISOCode": ""}, "City": {"GeoNameID": 2**63}, "Location": {}}}, "Geo.City.GeoNameID"),
    ({"Geo": {"Country": {"ISOCode": ""}, "City": {}, "Location": {"Latitude": 1e300}}}, "Geo.Location.Latitude"),
    ({"RequestTime": -1, "ResponseCode": 4_000}, "ResponseCode: 4000 is none of -1 to 999; RequestTime: -1"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("changes", "detail"), IMPLAUSIBLE, ids=[detail for _, detail in IMPLAUSIBLE])
def test_a_number_that_nothing_measured_costs_its_record_only(changes: dict[str, Any], detail: str) -> None:
    odd = request(MOMENT, OrgID="org7", **changes)
    assert counts(store_slice([*requests(2, MOMENT), odd, *requests(5, MOMENT)[2:]])) == (6, 5, 0, 1, 0)
    assert reasons() == [("implausible", "org7")]
    rejected = RejectedRecord.objects.get()
    assert rejected.detail.startswith(detail)
    assert bytes(rejected.payload) == odd
    assert stored_aggregates.hits(dimensions.OVERALL) == {("", "", ""): 5}
    assert ledger() == (6, 5, 0, 1, 0)


@pytest.mark.django_db
def test_the_list_of_protobuf_has_the_same_bounds() -> None:
    odd = message((17, "org7"), (13, [(1, int(MOMENT.timestamp()))]), (18, 2**62), (19, [(1, 2**64 - 1)]))
    assert counts(store_slice([odd], f"{SOURCE}_protobuf")) == (1, 0, 0, 1, 0)
    assert reasons() == [("implausible", "org7")]


@pytest.mark.django_db
def test_a_record_laid_out_oddly_has_the_same_bounds() -> None:
    odd = pack(dict(reversed(entries(MOMENT, RequestTime=float(2**62)).items())))
    assert counts(store_slice([odd, *requests(1, MOMENT)])) == (2, 1, 0, 1, 0)
    assert reasons() == [("implausible", "org1")]


@pytest.mark.django_db
def test_the_first_and_the_last_number_of_each_field_are_stored() -> None:
    first = request(MOMENT, RequestTime=0, ResponseCode=0, ContentLength=-1, **latency())
    last = request(
        MOMENT, RequestTime=LONGEST, ResponseCode=999, ContentLength=2**53 - 1, **latency(LONGEST, LONGEST, LONGEST)
    )
    assert counts(store_slice([first, last])) == (2, 2, 0, 0, 0)


@pytest.mark.django_db
def test_the_gateways_part_is_never_less_than_nothing() -> None:
    store_slice([request(MOMENT, **latency(5, 6, -1))])
    assert AnalyticsRecord.objects.get().gateway_latency == 0


@pytest.mark.django_db
def test_network_statistics_of_the_largest_numbers_do_not_wrap() -> None:
    large = {"BytesIn": 2**53 - 1, "OpenConnections": 1}
    store_slice(requests(2_000, MOMENT, ResponseCode=-1, Network=NO_NETWORK | large))
    found = NetworkStatistic.objects.get()
    assert (found.bytes_in, found.open_connections) == (2**63 - 1, 2_000)


def test_details_without_numbers_have_no_fault() -> None:
    assert fault_of_details({}) == ""
    assert fault_of_details({"graphql": {"IsGraphQL": True}, "city": {"Names": None, "GeoNameID": None}}) == ""


def test_every_number_of_a_record_has_bounds() -> None:
    numbers = {name for name, kind in FIELD_SCHEMA.items() if kind.is_integer()}
    # ExpireAt is cut to the calendar: a time that never comes is meant by it, and nothing is worked out of it.
    assert numbers - FIELDS.keys() == {"row", "expire_at_second", "expire_at_nanosecond"}
    assert {part for part, _ in DETAILS} == {"city", "location", "network"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"RequestTime": 40, **latency()}, 40),
        ({"RequestTime": 40, "Latency": None}, 40),
        ({"RequestTime": 40, **latency(12)}, 12),
        ({"RequestTime": 0, **latency(12)}, 12),
        ({"RequestTime": 0, **latency()}, 0),
    ],
)
def test_a_request_time_without_latency_counts_as_latency(changes: dict[str, Any], stored: int) -> None:
    store_slice([request(MOMENT, **changes)])
    record = AnalyticsRecord.objects.get()
    assert (record.latency, record.request_time) == (stored, changes["RequestTime"])
    (sums,) = (one for key, one in stored_aggregates.read("hour").items() if key.dimension == dimensions.TOTAL.code)
    assert (sums.latency, sums.max_latency) == (stored, stored)
