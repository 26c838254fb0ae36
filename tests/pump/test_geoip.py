"""Places from a GeoIP database that is written here, replaced while it is in use, and broken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from apps.analytics.models import AnalyticsRecord
from apps.pump import enrichment_faults, msgpack_columnar
from apps.pump.config import CANNOT_BE_OPENED, PumpConfig, pump_config
from apps.pump.enrich import Enrichment, open_raw
from apps.pump.geoip import locator
from apps.pump.records import Geo
from apps.pump.slices import decode_and_classify
from apps.pump.status import pump_status
from tests.pump.payloads import request
from tests.pump.storing import SOURCE, counts, store_slice

MOMENT = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
LONDON = {
    "country": {"iso_code": "GB"},
    "city": {"geoname_id": 2643743, "names": {"en": "London", "de": "London"}},
    "location": {"latitude": 51.5, "longitude": -0.12, "time_zone": "Europe/London"},
}
#: A city in one network, a country in another, and a flat entry in a third.
ENTRIES = {
    "192.0.2.0/25": LONDON,
    "2001:db8::/32": {"country": {"iso_code": "SE"}},
    "198.51.100.0/24": {"country_code": "JP"},
}


def write(file: Path, entries: dict[str, Any], kind: str = "Test") -> str:
    """A database of networks and what is known of them."""
    writer = MMDBWriter(6, kind, ipv4_compatible=True)
    for network, entry in entries.items():
        writer.insert_network(IPSet([network]), entry)
    fresh = file.with_suffix(".new")
    writer.to_db_file(str(fresh))
    fresh.replace(file)
    return str(file)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database that is not MaxMind's."""
    return write(tmp_path / "geo.mmdb", ENTRIES)


def locate(path: str, client_ip: str) -> Geo | None:
    return locator(path)(client_ip)


@pytest.mark.parametrize("kind", ["GeoIP2-City", "GeoLite2-City", "GeoIP2-City-Europe", "GeoIP2-Enterprise", "Test"])
def test_it_finds_country_city_and_location(tmp_path: Path, kind: str) -> None:
    place = locate(write(tmp_path / "geo.mmdb", {"192.0.2.0/25": LONDON}, kind), "192.0.2.7")
    assert place
    assert place.Country.ISOCode == "GB"
    assert open_raw(place.City) == {"GeoNameID": 2643743, "Names": {"en": "London", "de": "London"}}
    assert open_raw(place.Location) == {"Latitude": 51.5, "Longitude": -0.12, "TimeZone": "Europe/London"}


@pytest.mark.parametrize("kind", ["GeoIP2-City", "GeoLite2-Country", "GeoIP2-Country", "Test"])
def test_it_finds_a_country_alone(tmp_path: Path, kind: str) -> None:
    place = locate(write(tmp_path / "geo.mmdb", {"192.0.2.0/25": {"country": {"iso_code": "SE"}}}, kind), "192.0.2.7")
    assert place
    assert place.Country.ISOCode == "SE"
    assert open_raw(place.City) == {"GeoNameID": 0, "Names": None}
    assert open_raw(place.Location) == {"Latitude": 0.0, "Longitude": 0.0, "TimeZone": ""}


def test_a_country_database_tells_no_city(tmp_path: Path) -> None:
    place = locate(write(tmp_path / "geo.mmdb", {"192.0.2.0/25": LONDON}, "GeoLite2-Country"), "192.0.2.7")
    assert place
    assert open_raw(place.City) == {"GeoNameID": 0, "Names": None}


@pytest.mark.parametrize("kind", ["GeoIP2-City", "GeoIP2-Country", "Test"])
@pytest.mark.parametrize("entry", [{}, {"country": {}}, {"country": "GB"}, {"country": {"names": {"en": "Nowhere"}}}])
def test_an_entry_without_a_code_is_no_place(tmp_path: Path, kind: str, entry: dict[str, Any]) -> None:
    assert locate(write(tmp_path / "geo.mmdb", {"192.0.2.0/25": entry}, kind), "192.0.2.7") is None


@pytest.mark.parametrize(("client_ip", "country"), [("2001:db8::1", "SE"), ("198.51.100.9", "JP")])
def test_it_finds_ipv6_and_a_flat_code(database: str, client_ip: str, country: str) -> None:
    place = locate(database, client_ip)
    assert place
    assert place.Country.ISOCode == country


@pytest.mark.parametrize(
    "client_ip", ["203.0.113.1", "", "not an address", "192.0.2.7, 10.0.0.1", "\0", "fe80::1%eth0"]
)
def test_it_finds_nothing_for_what_it_does_not_know(database: str, client_ip: str) -> None:
    assert locate(database, client_ip) is None


@pytest.mark.parametrize(
    ("client_ip", "country"),
    [
        ("192.0.2.7:51234", "GB"),
        (" 192.0.2.7 ", "GB"),
        ("[2001:db8::1]:443", "SE"),
        ("[2001:db8::1]", "SE"),
        ("[192.0.2.7]:80", "GB"),
        ("::ffff:192.0.2.7", "GB"),
        ("[::ffff:192.0.2.7]:80", "GB"),
    ],
)
def test_it_finds_addresses_as_proxies_write_them(database: str, client_ip: str, country: str) -> None:
    place = locate(database, client_ip)
    assert place
    assert place.Country.ISOCode == country


def test_it_fills_in_only_what_the_gateway_did_not_tell(database: str) -> None:
    told, untold, unknown = (
        request(MOMENT, IPAddress=client_ip, country=code)
        for client_ip, code in [("192.0.2.7", "FR"), ("192.0.2.7", ""), ("203.0.113.1", "")]
    )
    found = Enrichment(locate=locator(database)).apply(msgpack_columnar.read([told, untold, unknown])[0].fields)
    assert found["country"].to_list() == ["FR", "GB", ""]
    assert [(open_raw(msgspec.Raw(city)) or {})["GeoNameID"] for city in found["city"]] == [0, 2643743, 0]


def test_a_changed_file_is_read_again(database: str) -> None:
    assert locate(database, "203.0.113.1") is None
    write(Path(database), {"203.0.113.0/24": LONDON})
    os.utime(database, ns=(1, 1))
    place = locate(database, "203.0.113.1")
    assert place
    assert place.Country.ISOCode == "GB"


def test_an_unchanged_file_is_read_once(database: str) -> None:
    assert locator(database) is locator(database)


def test_a_file_that_is_overwritten_while_it_is_open_does_no_harm(database: str) -> None:
    locate = locator(database)
    Path(database).write_bytes(b"")
    place = locate("192.0.2.7")
    assert place
    assert place.Country.ISOCode == "GB"


@pytest.mark.django_db
def test_there_is_no_place_without_a_file() -> None:
    assert pump_config().enrichment.locate is None


@pytest.mark.django_db
@pytest.mark.parametrize("content", [None, b"", b"no database", "cut"])
@pytest.mark.usefixtures("redis", "told")
def test_a_broken_file_is_told_and_not_fatal(
    database: str, settings: Any, caplog: pytest.LogCaptureFixture, content: bytes | str | None
) -> None:
    file = Path(database)
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else whole[: len(whole) // 2])
    settings.PUMP_GEO_IP_DB_PATH = database
    assert pump_config().enrichment.locate is None
    assert "PUMP_GEO_IP_DB_PATH" in caplog.text
    assert "PUMP_GEO_IP_DB_PATH" in pump_status().enrichment_fault


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["GeoIP2-City", "GeoIP2-Country", "Test"])
def test_damage_inside_the_file_costs_a_place_and_no_record(tmp_path: Path, settings: Any, kind: str) -> None:
    database = write(tmp_path / "geo.mmdb", ENTRIES, kind)
    file = Path(database)
    content = bytearray(file.read_bytes())
    start = content.index(b"iso_code") - 20
    content[start : start + 60] = b"\xff" * 60
    file.write_bytes(content)
    os.utime(file, ns=(2, 2))
    settings.PUMP_GEO_IP_DB_PATH = database
    locate = pump_config().enrichment.locate
    assert locate
    for client_ip in ("192.0.2.7", "2001:db8::1", "198.51.100.9"):
        locate(client_ip)


#: What entries of a damaged file may hold: nothing that a gateway would record.
DAMAGED: list[dict[str, Any]] = [
    {"country": {"iso_code": "GB"}, "city": {"geoname_id": 2**63}},
    {"country": {"iso_code": "G\0B!"}},
    {"country": {"iso_code": "A country"}},
    {"country": {"iso_code": {"GB": "GB"}}},
    {"country": {"iso_code": ["GB"]}},
    {"country": {"iso_code": "GB"}, "location": {"latitude": 1e300}},
    {"country": {"iso_code": "GB"}, "location": {"longitude": "east"}},
    {"country": {"iso_code": 7}},
]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing was told yet, and what is told goes with the test."""
    monkeypatch.setattr(enrichment_faults, "_told_at", float("-inf"))
    cache.delete("pump-enrichment-fault")
    yield
    cache.delete("pump-enrichment-fault")


@pytest.mark.django_db
@pytest.mark.usefixtures("redis", "told")
@pytest.mark.parametrize("entry", DAMAGED)
def test_damaged_data_costs_the_place_only_and_is_told_once_a_minute(
    tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture, entry: dict[str, Any]
) -> None:
    settings.PUMP_GEO_IP_DB_PATH = write(tmp_path / "geo.mmdb", {"192.0.2.0/24": entry, "2001:db8::/32": LONDON})
    now = datetime.now(UTC)
    odd = [request(now, IPAddress=f"192.0.2.{number}") for number in range(5)]
    stored = store_slice([*odd, request(now, IPAddress="2001:db8::1")])
    assert counts(stored) == (6, 6, 0, 0, 0)
    found = AnalyticsRecord.objects.values_list("ip_address", "country")
    assert {address: country for address, country in found if country} == {"2001:db8::1": "GB"}
    assert caplog.text.count("Records are not enriched") == 1
    assert settings.PUMP_GEO_IP_DB_PATH in pump_status().enrichment_fault


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=60))
def test_any_damage_costs_places_only(damage: list[tuple[float, int]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(enrichment_faults, "report", lambda fault: None)
        file = Path(folder) / "geo.mmdb"
        content = bytearray(Path(write(file, ENTRIES)).read_bytes())
        for place, byte in damage:
            content[int(place * (len(content) - 1))] = byte
        file.write_bytes(content)
        try:
            locate = locator(str(file))
        except CANNOT_BE_OPENED:
            return
        payloads = [request(MOMENT, IPAddress=address) for address in ("192.0.2.7", "2001:db8::1", "198.51.100.9")]
        enrichment = Enrichment(locate=locate)
        config = PumpConfig(days=frozenset([MOMENT.date()]), minute_days=frozenset(), enrichment=enrichment)
        assert decode_and_classify(payloads, SOURCE, config).records.height == 3
