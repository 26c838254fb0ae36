"""When an API or a version of it ends: the texts that people send, and the only one that gateways read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

EXPIRY_EXPECTED = 'expected a time such as 2030-01-31T12:00:00Z or 2030-01-31 12:00, or "" for never'
#: Not at all.
NEVER = ("", "-1")
#: As gateways write it ("2006-01-02 15:04"), and any form of RFC 3339.
MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d", re.ASCII)
RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):([0-5]\d|60)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
#: The part of RFC 3339 that Go reads a time from.
GO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def delivered_expiry(text: str) -> str:
    """Give an end as gateways read it: ``2030-01-31 12:00``, in UTC, seconds left out; never is as it was.

    Raises ``ValueError`` for a text that tells no end.
    """
    if text in NEVER:
        return text
    if MINUTE.fullmatch(text):
        return datetime.fromisoformat(text).isoformat(" ", "minutes")
    if not (told := RFC_3339.fullmatch(text)):
        raise ValueError(f"{text} is no end")
    day, minute, _, zone = told.groups()
    try:
        end = datetime.fromisoformat(f"{day}T{minute}{zone.upper()}").astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError(f"{text} lies outside of the calendar") from error
    return end.isoformat(" ", "minutes")


def is_expiry(text: str) -> bool:
    """Tell whether a text tells an end, or that there is none."""
    try:
        delivered_expiry(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Tell whether Go reads a time from a text."""
    return GO_TIME.fullmatch(text) is not None and is_expiry(text)
