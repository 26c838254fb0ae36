"""Ids of audit records: object ids that begin with their moment to the microsecond."""

from __future__ import annotations

import secrets
from datetime import datetime

RANDOM = 11  # hex characters


def new_id(moment: datetime) -> str:
    """Give the id of a record of this moment: its microsecond, then 11 random hex characters.

    So ids are the order of time, and a range of time is a range of the key. They are object ids like all
    others: the first 8 hex characters are the Unix second.
    """
    return id_at(moment) + secrets.token_hex(RANDOM)[:RANDOM]


def id_at(moment: datetime) -> str:
    """Give the beginning of the ids of a moment; every id from then on is above it, every earlier one below."""
    seconds = min(max(int(moment.timestamp()), 0), 0xFFFFFFFF)  # 1970 to 2106
    return f"{seconds:08x}{moment.microsecond:05x}"
