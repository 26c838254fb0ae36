"""The state of the audit page, which is its address: what is looked for, and from where on.

A parameter that cannot be obeyed is named in a notice and left out; what is empty is left out of
addresses. ``before`` and ``after`` are ids of records: the page goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.audit.querysets import Sought
from apps.core.ids import is_object_id

#: Parameters of the search and what they are called on the page.
FILTERS = {
    "user": "User has",
    "action": "Action has",
    "method": "Method is",
    "status": "Status is",
    "url": "Path has",
    "ip": "Address is",
}
TIMES = {"from": "From", "to": "Until"}
PLACES = ("before", "after")
KNOWN = (*FILTERS, *TIMES, *PLACES)
LONGEST = 200  # characters of one value
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Chip:
    """One thing that is looked for, in words, and the query string without it."""

    name: str
    words: str
    without: str


class Asked:
    """What an address of the page asks for. Times are read in the reader's zone."""

    def __init__(self, given: Mapping[str, str], zone: ZoneInfo) -> None:
        self.zone = zone
        self.notices: list[str] = []
        self.values = {name: value.strip() for name, value in given.items() if name in KNOWN and value.strip()}
        for unknown in sorted(set(given) - set(KNOWN)):
            self.notices.append(f"“{unknown[:40]}” is not known here.")
        self.sought = self._sought()

    def query(self, **changes: str) -> str:
        """The query string of this state with some changes, ``?`` included; "" when nothing is asked."""
        pairs = {name: value for name, value in {**self.values, **changes}.items() if value}
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def search(self) -> str:
        """The query string of what is looked for, from the newest record on."""
        return self.query(before="", after="")

    @property
    def chips(self) -> list[Chip]:
        """What is looked for, one by one."""
        return [
            Chip(title, self._words(name), self.query(**{name: "", "before": "", "after": ""}) or "?")
            for name, title in {**FILTERS, **TIMES}.items()
            if name in self.values
        ]

    @property
    def local_start(self) -> str:
        """The beginning of the time, as a form field takes it."""
        return self._local(self.sought.start)

    @property
    def local_end(self) -> str:
        """The end of the time, as a form field takes it."""
        return self._local(self.sought.end)

    def _local(self, moment: datetime | None) -> str:
        return moment.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="minutes") if moment else ""

    def _words(self, name: str) -> str:
        value = self.values[name]
        return value.replace("T", " ") if name in TIMES else value

    def _sought(self) -> Sought:
        return Sought(
            **{name: self._read(name, _text) or "" for name in ("user", "action", "url", "ip")},
            method=self._read("method", _method) or "",
            status=self._read("status", _status),
            start=self._read("from", lambda text: self._moment(text, timedelta())),
            end=self._read("to", lambda text: self._moment(text, DAY)),
            partly=True,
        )

    def place(self, name: str) -> str:
        """The record that the page goes on from; "" for none."""
        return self._read(name, _record) or ""

    def _moment(self, text: str, later: timedelta) -> datetime:
        """Read a day, which is whole, or a minute, in the reader's zone."""
        moment = datetime.fromisoformat(text)
        whole = later if len(text) <= len("2026-01-01") else timedelta()
        moment = (moment + whole).replace(tzinfo=moment.tzinfo or self.zone)
        for zone in (UTC, self.zone):
            moment.astimezone(zone)  # no calendar has it in every zone
        return moment

    def _read(self, name: str, parse: Callable[[str], Any]) -> Any:
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except (ValueError, OverflowError):
            del self.values[name]
            self.notices.append(f"“{name}” was left out: “{text[:40]}” cannot be looked for.")
            return None


def _text(text: str) -> str:
    if "\0" in text or len(text) > LONGEST:
        raise ValueError
    return text


def _method(text: str) -> str:
    if not (text.isascii() and text.isalpha() and len(text) <= 16):
        raise ValueError
    return text.upper()


def _status(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 999:
        raise ValueError
    return number


def _record(text: str) -> str:
    if not is_object_id(text):
        raise ValueError
    return text
