from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

from apps.demo import msgpack_fields
from apps.demo.capture_shift import encoding_of, last_time, shift_record, shifted
from apps.demo.captures import CaptureError, RecordedList, read

NANOSECONDS = 1_000_000_000
SHIFT = 3 * 10**15 + 987_654_321  # 34 days and a bit: carries from nanoseconds into seconds
ORGANISATION = "5e9d9544a1dcd60001d0ed20"


def some(folder: Path) -> list[RecordedList]:
    """The lists of a folder, of long ones every 40th record."""
    return [RecordedList(one.name, one.payloads[:: 40 if len(one.payloads) > 1_000 else 1]) for one in read(folder)]


def record_message() -> Any:
    """The protobuf message with the fields that are shifted: all others stay as unknown bytes."""
    file = descriptor_pb2.FileDescriptorProto(name="moving.proto", syntax="proto3")
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)
    message = file.message_type.add(name="Moved")
    for name, number in (("TimeStamp", 13), ("ExpireAt", 28)):
        message.field.add(name=name, number=number, type=11, label=1, type_name=".google.protobuf.Timestamp")
    message.field.add(name="OrgID", number=17, type=12, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Moved"))


Moved = record_message()


def decode_protobuf(payload: bytes) -> dict[str, Any]:
    message = Moved.FromString(payload)
    times = {name: getattr(message, name).ToNanoseconds() for name in ("TimeStamp", "ExpireAt")}
    organisation = message.OrgID
    for name in ("TimeStamp", "ExpireAt", "OrgID"):
        message.ClearField(name)
    return {**times, "OrgID": organisation, "all others": message.SerializeToString()}


def decode_msgpack(payload: bytes) -> dict[str, Any]:
    """Every field in order, strings as bytes, times as nanoseconds."""
    fields = {key.decode(): value for key, value in msgpack.unpackb(payload, raw=True, strict_map_key=False).items()}
    for name in ("TimeStamp", "ExpireAt"):
        seconds, nanoseconds = fields[name]
        assert 0 <= nanoseconds < NANOSECONDS
        fields[name] = seconds * NANOSECONDS + nanoseconds
    return fields


def decoder(name: str) -> Callable[[bytes], dict[str, Any]]:
    return decode_protobuf if name.endswith("_protobuf") else decode_msgpack


def test_it_passes_every_byte_on_when_nothing_is_to_be_shifted(folder: Path) -> None:
    for recorded in read(folder):
        assert tuple(shifted(recorded)) == recorded.payloads


def test_it_shifts_both_times_and_changes_nothing_else(folder: Path) -> None:
    for recorded in read(folder):
        decode = decoder(recorded.name)
        later = list(shifted(recorded, SHIFT))
        assert len(later) == len(recorded.payloads)
        for before, after in zip(recorded.payloads, later, strict=True):
            expected = decode(before)
            expected |= {name: expected[name] + SHIFT for name in ("TimeStamp", "ExpireAt")}
            found = decode(after)
            assert list(found.items()) == list(expected.items())


def test_it_gives_the_recorded_bytes_again_when_it_shifts_back(folder: Path) -> None:
    for recorded in some(folder):
        encoding = encoding_of(recorded.name)
        back = tuple(shift_record(payload, encoding, -SHIFT) for payload in shifted(recorded, SHIFT))
        assert back == recorded.payloads


def test_it_makes_all_records_another_organisations_and_changes_nothing_else(folder: Path) -> None:
    for recorded in some(folder):
        decode = decoder(recorded.name)
        for before, after in zip(recorded.payloads, shifted(recorded, organisation=ORGANISATION), strict=True):
            assert decode(after) == {**decode(before), "OrgID": ORGANISATION.encode()}


def test_it_keeps_bytes_that_are_no_utf_8(folder: Path) -> None:
    broken = [
        (before, after)
        for recorded in some(folder)
        for before, after in zip(recorded.payloads, shifted(recorded, SHIFT), strict=True)
        if b"\xff" in decoder(recorded.name)(before).get("Path", b"")
    ]
    assert bool(broken) == (folder.name == "gateway-main")
    for before, after in broken:
        assert decode_msgpack(after)["Path"] == decode_msgpack(before)["Path"]


def test_it_finds_the_time_of_the_last_record(folder: Path) -> None:
    lists = read(folder)
    times = [decoder(one.name)(payload)["TimeStamp"] for one in lists for payload in one.payloads]
    assert last_time(lists) == max(times)


def test_it_leaves_a_time_that_is_not_set() -> None:
    unset = msgpack.packb({"TimeStamp": [1, 2], "ExpireAt": [-62_135_596_800, 0]})
    later = msgpack.unpackb(shift_record(unset, msgpack_fields, SHIFT))
    assert later == {"TimeStamp": [3_000_001, 987_654_323], "ExpireAt": [-62_135_596_800, 0]}


@pytest.mark.parametrize("payload", [b"", b"\x93\x01\x02\x03", b"\x81\xa9TimeStamp", b"\xc1", b"\x81\xa9TimeStamp\x07"])
def test_it_says_which_record_it_cannot_read(payload: bytes) -> None:
    recorded = RecordedList("analytics-x", (msgpack.packb({"TimeStamp": [1, 2]}), payload))
    with pytest.raises(CaptureError, match="record 2 of analytics-x"):
        list(shifted(recorded, SHIFT))


def test_it_refuses_to_find_a_time_where_no_record_has_one() -> None:
    with pytest.raises(CaptureError, match="no record of the capture has a time"):
        last_time([RecordedList("analytics-x", (b"\x80",))])
