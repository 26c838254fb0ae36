"""Reads folders of lists recorded from a gateway.

A folder holds ``lists.json``, which names for each file the Redis list it was recorded from and
how many records it has, and per list one ``NAME.frames.gz``: gzip of every record in list order,
each as its length (4 bytes, big endian) and its bytes.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANALYTICS_PREFIX = "analytics-"
LAYOUT = "lists.json and, for each list named there, NAME.frames.gz (gzip of 4-byte big-endian length + record)"

_DAMAGE = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError)


class CaptureError(Exception):
    """A folder is no recorded capture, or one of its records cannot be read."""


@dataclass(frozen=True, slots=True)
class RecordedList:
    """One Redis list as recorded: its name and its records, oldest first."""

    name: str
    payloads: tuple[bytes, ...]

    def key(self, prefix: str) -> str:
        """The Redis key to push to, where the pump's analytics lists start with ``prefix``.

        Uptime records are no analytics list: their key is fixed.
        """
        if self.name.startswith(ANALYTICS_PREFIX):
            return prefix + self.name.removeprefix(ANALYTICS_PREFIX)
        return self.name


def read(folder: Path) -> list[RecordedList]:
    """The lists of a folder. Raises :class:`CaptureError` when it is none or is damaged."""
    try:
        files: dict[str, dict[str, Any]] = json.loads((folder / "lists.json").read_text("utf-8"))["files"]
        return [_read_list(folder / name, about) for name, about in files.items()]
    except _DAMAGE as damage:
        raise CaptureError(f"{folder} is no capture ({damage}); expected {LAYOUT}") from damage


def _read_list(file: Path, about: dict[str, Any]) -> RecordedList:
    payloads = tuple(_frames(gzip.decompress(file.read_bytes())))
    if len(payloads) != about["records"]:
        raise ValueError(f"{file.name} has {len(payloads)} records where lists.json says {about['records']}")
    return RecordedList(about["list"], payloads)


def _frames(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        start = at + 4
        at = start + int.from_bytes(content[at:start])
        if at > len(content):
            raise ValueError("the last record is cut off")
        yield content[start:at]
