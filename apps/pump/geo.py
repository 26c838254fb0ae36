"""Addresses to places by a GeoIP database file, read again when the file changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import maxminddb

from .enrich import Locator, place
from .records import Geo


def locator(path: str) -> Locator | None:
    """What finds places in the database at ``path``; None when no file is configured.

    Raises:
        OSError, maxminddb.InvalidDatabaseError: when the file cannot be read.
    """
    if not path:
        return None
    file = Path(path).stat()
    return _locator(path, file.st_mtime_ns, file.st_ino)


@lru_cache(maxsize=1)
def _locator(path: str, changed: int, inode: int) -> Locator:
    """One open database; a changed file makes a new one, and the old goes with its cache."""
    # Into memory: the file may be replaced while it is open.
    reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)

    @lru_cache(maxsize=50_000)
    def locate(address: str) -> Geo | None:
        try:
            entry = reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            # No address, or damage where the file tells of it: neither may cost a record.
            return None
        return _place(entry) if isinstance(entry, dict) else None

    return locate


def _place(entry: dict[str, object]) -> Geo | None:
    country, city, location = (
        part if isinstance(part, dict) else {} for part in map(entry.get, ("country", "city", "location"))
    )
    # Databases made from registry data have the code at the top.
    code = country.get("iso_code") or entry.get("country_code") or ""
    return place(str(code), city, location) if code or city else None
