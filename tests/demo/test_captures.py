from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from apps.demo.captures import CaptureError, RecordedList, read


def write_capture(folder: Path, content: bytes, records: int) -> Path:
    about = {"list": "analytics-x", "records": records, "bytes": len(content)}
    (folder / "lists.json").write_text(json.dumps({"files": {"x.frames.gz": about}}))
    (folder / "x.frames.gz").write_bytes(gzip.compress(content))
    return folder


def test_it_reads_as_many_records_and_bytes_as_were_recorded(folder: Path) -> None:
    said = json.loads((folder / "lists.json").read_text())["files"].values()
    found = {one.name: (len(one.payloads), sum(map(len, one.payloads))) for one in read(folder)}
    assert found == {about["list"]: (about["records"], about["bytes"]) for about in said}


def test_it_reads_records_in_the_order_of_the_file(tmp_path: Path) -> None:
    write_capture(tmp_path, b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c", 3)
    assert read(tmp_path) == [RecordedList("analytics-x", (b"ab", b"", b"c"))]


@pytest.mark.parametrize(
    ("content", "records", "complaint"),
    [
        (b"\0\0\0\x05ab", 1, "cut off"),
        (b"\0\0\0\x02ab", 2, "has 1 records where lists.json says 2"),
    ],
)
def test_it_refuses_a_damaged_list(tmp_path: Path, content: bytes, records: int, complaint: str) -> None:
    with pytest.raises(CaptureError, match=complaint):
        read(write_capture(tmp_path, content, records))


def test_it_names_what_it_expects_where_there_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"expected lists\.json and"):
        read(tmp_path)


@pytest.mark.parametrize("lists", ["", "[]", "{}", '{"files": {"x": {}}}', '{"files": ["x"]}', "\x00"])
def test_it_refuses_a_folder_whose_list_of_files_is_something_else(tmp_path: Path, lists: str) -> None:
    (tmp_path / "lists.json").write_text(lists)
    with pytest.raises(CaptureError, match="is no capture"):
        read(tmp_path)


def test_it_replaces_the_prefix_of_analytics_lists_only() -> None:
    assert RecordedList("analytics-tyk-system-analytics_3", ()).key("mine-") == "mine-tyk-system-analytics_3"
    assert RecordedList("host-checker:tyk-uptime-analytics", ()).key("mine-") == "host-checker:tyk-uptime-analytics"
