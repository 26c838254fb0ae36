"""What one record takes of the pump while it is read, whatever it holds: it may not push others out of memory."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.analytics.models import AnalyticsRecord, LedgerEntry
from apps.pump import enrich
from apps.pump.config import pump_config
from apps.pump.records import MAX_RECORD_BYTES
from apps.pump.slices import Classified, decode_and_classify
from tests.pump.payloads import entries, message, pack, request, with_entry
from tests.pump.storing import SOURCE, counts, store_slice

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
ROOM = MAX_RECORD_BYTES - 10_000  # bytes of a record that its one odd value may have
MOST = 320 << 20  # bytes that a record takes beside what the pump takes anyway
SECONDS = 4  # of a processor, which is more than twice of what it takes when nobody disturbs it


def memory(name: str) -> int:
    """Bytes of memory: ``VmRSS`` that this process has, ``VmHWM`` that it has had at most."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) << 10


@contextmanager
def bounded() -> Iterator[None]:
    """Hold what is done here to ``MOST`` and ``SECONDS``."""
    Path("/proc/self/clear_refs").write_text("5")  # forget the most so far
    before, began = memory("VmRSS"), time.process_time()
    yield
    assert memory("VmHWM") - before < MOST
    assert time.process_time() - began < SECONDS


def read(payload: bytes, source: str = SOURCE) -> Classified:
    assert len(payload) <= MAX_RECORD_BYTES
    decode_and_classify([request(NOON)], source, pump_config())  # what the first record of all takes is no matter
    with bounded():
        return decode_and_classify([payload], source, pump_config())


def many(item: bytes, room: int = ROOM) -> bytes:
    """A list of as many items as have room."""
    count = room // len(item)
    return b"\xdd" + count.to_bytes(4) + item * count


def geo(city: bytes) -> bytes:
    """The place of a record, with a city of these bytes."""
    return b"\x83" + pack("Country") + pack({"ISOCode": "DE"}) + pack("City") + city + pack("Location") + pack({})


def town(names: bytes) -> bytes:
    """A city with names of these bytes."""
    return b"\x82" + pack("GeoNameID") + pack(1) + pack("Names") + names


ODD_VALUES = {
    "empty maps as names of a city": ("Geo", geo(town(many(b"\x80")))),
    "lists in lists": ("Network", many(b"\x91\x91\x90")),
    "members of a map": ("MCPStats", b"\xdf" + many(b"\xa0\x01")[1:]),
    "variables of GraphQL": ("GraphQLStats", b"\x82" + pack("IsGraphQL") + pack(True) + pack("Types") + many(b"\x80")),
    "tags of two letters": ("Tags", many(b"\xa2ab")),
    "tags without letters": ("Tags", many(b"\xa0")),
    "a field that nobody knows": ("Unknown", many(b"\x80")),
}


@pytest.mark.parametrize("name", ODD_VALUES)
@pytest.mark.parametrize("changes", [{}, {"Method": None}, {"ContentLength": 3.0}], ids=["strict", "nil", "lenient"])
def test_a_record_is_read_in_bounded_memory(name: str, changes: dict[str, Any]) -> None:
    field, value = ODD_VALUES[name]
    classified = read(with_entry(entries(NOON, **changes), field, value))
    assert len(classified.records) + len(classified.rejected) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"\x81" + many(b"\x80") + b"\x01",
        many(b"\x80"),
        b"\xdf" + (ROOM // 2).to_bytes(4) + b"\xa0\x01" * (ROOM // 2),
        b"\x82" + pack("Geo") + b"\x81" + many(b"\x80") + b"\x01" + pack("TimeStamp") + pack([1, 1]),
    ],
    ids=["a list as a key", "a list as a record", "entries", "a list as an inner key"],
)
def test_what_is_no_record_is_told_in_bounded_memory(payload: bytes) -> None:
    assert len(read(payload).rejected) == 1


PROTOBUF_TIME = (13, [(1, int(NOON.timestamp()))])


@pytest.mark.parametrize(
    "odd",
    [
        (23, [(2, b"\x0a\x00" * (ROOM // 2))]),
        (32, b"\x12\x00" * (ROOM // 2)),
    ],
    ids=["names of a city", "types of GraphQL"],
)
def test_a_message_is_read_in_bounded_memory(odd: tuple[int, Any]) -> None:
    classified = read(message((17, "org1"), PROTOBUF_TIME, odd), f"{SOURCE}_protobuf")
    assert "more than the" in classified.rejected[0].detail


@pytest.mark.parametrize("field", [b"\xca\x01\x00", b"\xba\x01\x02\x0a\x00"], ids=["tags", "places in pieces"])
def test_a_message_of_many_fields_is_refused(field: bytes) -> None:
    payload = message((17, "org1"), PROTOBUF_TIME) + field * (ROOM // len(field))
    assert "more than" in read(payload, f"{SOURCE}_protobuf").rejected[0].detail


def test_large_messages_are_read_as_before() -> None:
    body = "x" * (ROOM // 2)
    payload = message((17, "org1"), PROTOBUF_TIME, (21, body), (25, "tag"))
    assert read(payload, f"{SOURCE}_protobuf").records["tags"].to_list() == ['{"tag"}']


@pytest.mark.parametrize(
    "head",
    [
        b"GET /?" + b"a=b&" * 3_000_000,
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2_000_000,
        b"GET / HTTP/1.1\r\nCookie: " + b"a=b;" * 3_000_000,
    ],
    ids=["parameters", "headers", "cookies"],
)
@pytest.mark.parametrize("most", [len, lambda head: 1 << 20], ids=["all", "as long as kept"])
def test_recorded_messages_are_cleaned_in_bounded_memory(head: bytes, most: Any) -> None:
    sent = base64.b64encode(head[: min(most(head), 12_000_000) - 100] + b"\r\n\r\nbody").decode()
    assert len(read(request(NOON, RawRequest=sent)).records) == 1


def test_what_is_cut_is_counted_and_the_rest_is_kept() -> None:
    large = with_entry(entries(NOON), "Geo", geo(town(many(b"\x80", enrich.MAX_RAW_BYTES))))
    small = with_entry(entries(NOON, Path="/small"), "Geo", geo(town(pack({"en": "Berlin"}))))
    head = base64.b64encode(b"GET /?" + b"a=b&" * (1 << 18)).decode()
    assert counts(store_slice([large, small, request(NOON, Path="/head", RawRequest=head)])) == (3, 3, 0, 0, 0)
    kept = {record.path: record for record in AnalyticsRecord.objects.all()}
    assert kept["/get"].country == kept["/small"].country == "DE"
    assert kept["/get"].details == {"city": {"GeoNameID": 1}}
    assert kept["/small"].details == {"city": {"GeoNameID": 1, "Names": {"en": "Berlin"}}}
    assert base64.b64decode(kept["/head"].raw_request) == b"[too long a head, removed]"
    assert LedgerEntry.objects.get().texts_cut == 2
