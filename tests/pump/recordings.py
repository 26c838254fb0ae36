"""Lists recorded from a real gateway, shifted to a time that partitions are kept for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.demo import captures
from apps.demo.capture_shift import last_time, shifted
from apps.demo.captures import RecordedList
from tests.pump.payloads import stamp

FOLDER = Path(__file__).parent.parent / "data" / "captures"


@dataclass(frozen=True)
class Recording:
    """A recorded folder: its lists as (name, payloads), and what must be counted."""

    lists: list[RecordedList]
    expected: dict[str, Any]

    @property
    def payloads(self) -> list[bytes]:
        """The payloads of all lists."""
        return [payload for one in self.lists for payload in one.payloads]


def recording(name: str, until: datetime) -> Recording:
    """The recording of that name, its last record made at ``until``."""
    lists = captures.read(FOLDER / name)
    seconds, nanoseconds = stamp(until)
    later = seconds * 10**9 + nanoseconds - last_time(lists)
    expected = json.loads((FOLDER / name / "expected.json").read_text("utf-8"))
    return Recording([RecordedList(one.name, tuple(shifted(one, later))) for one in lists], expected)


def as_recorded(name: str) -> Iterator[bytes]:
    """The payloads of a recording byte for byte."""
    for one in captures.read(FOLDER / name):
        yield from one.payloads
