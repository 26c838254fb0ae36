"""Paths as the gateway normalises them, messages without secrets, details that JSON can hold."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import pytest

from apps.pump import msgpack_columnar, wire
from apps.pump.config import pump_config
from apps.pump.enrich import NUMBERS, ULIDS, UUIDS, Enrichment, as_json, details, raw
from tests.pump.payloads import request
from tests.pump.recordings import as_recorded

MOMENT = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
ALL = (UUIDS, ULIDS, NUMBERS)
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def paths(given: Sequence[str], patterns: Sequence[tuple[str, str]]) -> list[str]:
    records = pl.DataFrame({"path": given, "tracked": False})
    return records.select(Enrichment(patterns=tuple(patterns)).normalised_path())["path"].to_list()


def message(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_it_normalises_as_the_gateway_does() -> None:
    records = [wire.decode(payload) for payload in as_recorded("gateway-normalised")]
    untracked = [record for record in records if not record.TrackPath]
    found = paths([record.RawPath for record in untracked], [*ALL, (r"[A-Z]{3}-[0-9]+", "{var}")])
    assert len(untracked) == 18
    assert found == [record.Path for record in untracked]
    assert found != [record.RawPath for record in untracked]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders/12345", "/orders/{id}"),
        ("/orders/12/34", "/orders/{id}/{id}"),
        ("/12ab", "/{id}ab"),
        ("/v1/2026-01-02", "/v1/{id}-01-02"),
        (f"/a/{UUID}", "/a/{uuid}"),
        (f"/a/{UUID.replace('-', '').upper()}", "/a/{uuid}"),
        ("/a/01arz3ndektsv4rrffq69g5fav", "/a/{ulid}"),
        ("/a/01ARZ3NDEKTSV4RRFFQ69G5FAI", "/a/{id}ARZ3NDEKTSV4RRFFQ69G5FAI"),
        ("/٣/plain", "/٣/plain"),
        ("", ""),
    ],
)
def test_it_names_the_variable_parts_of_a_path(path: str, expected: str) -> None:
    assert paths([path], ALL) == [expected]


def test_it_takes_only_the_kinds_that_are_switched_on() -> None:
    path = f"/{UUID}/7"
    assert paths([path], [UUIDS]) == ["/{uuid}/7"]
    assert paths([path], [NUMBERS]) == ["/{id}f8fad5b-d9cb-469f-a165-70867728950e/{id}"]
    assert paths([path], []) == [path]


@pytest.mark.django_db
def test_the_patterns_are_settings(settings: Any) -> None:
    settings.PUMP_NORMALISE_URLS = True
    settings.PUMP_NORMALISE_UUIDS = settings.PUMP_NORMALISE_NUMBERS = True
    settings.PUMP_NORMALISE_ULIDS = False
    settings.PUMP_NORMALISE_CUSTOM_PATTERNS = ["[A-Z]{3}"]
    assert pump_config().enrichment.patterns == (UUIDS, NUMBERS, ("[A-Z]{3}", "{var}"))
    settings.PUMP_NORMALISE_URLS = False
    assert pump_config().enrichment.patterns == ()


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ["[", "(?=ahead)", r"(a)\1"])
def test_a_pattern_that_does_not_compile_is_told_and_skipped(
    settings: Any, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    settings.PUMP_NORMALISE_URLS = True
    settings.PUMP_NORMALISE_CUSTOM_PATTERNS = [pattern, "abc"]
    patterns = pump_config().enrichment.patterns
    assert paths(["/abc"], patterns) == ["/{var}"]
    assert pattern in caplog.text


def recorded(enrichment: Enrichment, text: bytes = b"GET /\r\nCookie: secret\r\n\r\n0123456789") -> str:
    """The recorded message of a request, whose neighbour has none."""
    payloads = [request(MOMENT, RawRequest=message(text), RawResponse=message(text)), request(MOMENT)]
    fields = enrichment.apply(msgpack_columnar.read(payloads)[0].fields)
    assert fields["raw_request"].to_list() == fields["raw_response"].to_list()
    kept, none = fields["raw_request"]
    assert none == ""
    return str(kept)


def test_it_cleans_requests_and_responses() -> None:
    kept = recorded(Enrichment(redacted_headers=("cookie",)))
    assert base64.b64decode(kept) == b"GET /\r\nCookie: [redacted]\r\n\r\n0123456789"


@pytest.mark.parametrize(("size", "left"), [(1, 0), (4, 3), (10, 6), (12, 9), (1000, 37)])
def test_it_cuts_messages_where_they_can_still_be_read(size: int, left: int) -> None:
    kept = recorded(Enrichment(max_record_size=size))
    assert base64.b64decode(kept) == b"GET /\r\nCookie: secret\r\n\r\n0123456789"[:left]


def test_a_secret_is_out_before_a_message_is_cut() -> None:
    kept = recorded(Enrichment(redacted_headers=("cookie",), max_record_size=32))
    assert b"secret" not in base64.b64decode(kept)


def test_it_omits_messages() -> None:
    assert recorded(Enrichment(omit_detailed_recording=True)) == ""


def parts(**given: Any) -> tuple[Any, ...]:
    names = ("city", "location", "network", "graphql", "mcp")
    return tuple(raw(given[name]) if name in given else msgspec.Raw() for name in names)


def test_details_hold_what_is_there() -> None:
    assert as_json(details(parts())) is None
    assert details(parts(city={"GeoNameID": 0, "Names": None}, network={"BytesIn": 0})) == {}
    assert details(parts(graphql={"IsGraphQL": False, "Variables": "x"}, mcp={"IsMCP": False})) == {}
    found = details(
        parts(city={"GeoNameID": 7}, network={"BytesIn": 5}, graphql={"IsGraphQL": True}, mcp={"IsMCP": True})
    )
    assert found == {
        "city": {"GeoNameID": 7},
        "network": {"BytesIn": 5},
        "graphql": {"IsGraphQL": True},
        "mcp": {"IsMCP": True},
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a\0b", "a�b"), (r"a\u0000b", r"a\u0000b"), (float("nan"), None), ('"\\\n', '"\\\n'), ("é🙂", "é🙂")],
)
def test_details_are_json_that_postgresql_takes(given: Any, kept: Any) -> None:
    found = as_json(details(parts(mcp={"IsMCP": True, "PrimitiveName": given}))) or ""
    assert json.loads(found)["mcp"]["PrimitiveName"] == kept
    assert "NaN" not in found
