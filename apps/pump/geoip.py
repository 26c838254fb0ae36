"""Client IPs to places by a GeoIP database file, read again when the file changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from shutil import copyfile
from tempfile import NamedTemporaryFile
from typing import Any

import geoip2.database
import maxminddb
from geoip2.errors import AddressNotFoundError
from geoip2.models import City
from geoip2.models import Country as CountryOnly

from .enrich import Locator, raw
from .records import Country, Geo

#: Client IPs whose place is remembered: a slice has far fewer.
_REMEMBERED = 50_000
#: No IP, an unknown one, or damage where the file tells of it: none of them may cost a record.
_NO_PLACE = (AddressNotFoundError, maxminddb.InvalidDatabaseError, ValueError, TypeError, AttributeError)


def locator(path: str) -> Locator:
    """What finds places in the database at ``path``.

    Raises:
        OSError, maxminddb.InvalidDatabaseError: when the file cannot be read.
    """
    file = Path(path).stat()
    return _locator(path, file.st_mtime_ns, file.st_ino)


@lru_cache(maxsize=1)
def _locator(path: str, changed: int, inode: int) -> Locator:
    """One open database; a changed file makes a new one, and the old goes with its cache."""
    with NamedTemporaryFile(suffix=".mmdb") as copy:
        # Mapped and not loaded, for memory; a copy of our own, for a mapped file that is overwritten ends its reader.
        copyfile(path, copy.name)
        look_up = _look_up(copy.name)

    @lru_cache(maxsize=_REMEMBERED)
    def locate(client_ip: str) -> Geo | None:
        try:
            return _place(look_up(client_ip))
        except _NO_PLACE:
            return None

    return locate


def _look_up(path: str) -> Callable[[str], object]:
    """What finds an IP in a database: typed by MaxMind's own reader in MaxMind's own, else its entry as it is."""
    reader = geoip2.database.Reader(path)
    match reader.metadata().database_type.split("-"):
        case ["GeoIP2" | "GeoLite2", "City", *_]:
            return reader.city
        case ["GeoIP2" | "GeoLite2", "Country", *_]:
            return reader.country
    return maxminddb.open_database(path).get


def _place(found: object) -> Geo | None:
    match found:
        case City(country=country, city=city, location=at):
            return _geo(country.iso_code, city.geoname_id, city.names, at.latitude, at.longitude, at.time_zone)
        case CountryOnly(country=country):
            return _geo(country.iso_code)
        case dict():
            return _place_of_entry(found)
    return None


def _place_of_entry(entry: dict[str, Any]) -> Geo | None:
    country, city, at = (
        part if isinstance(part, dict) else {} for part in map(entry.get, ("country", "city", "location"))
    )
    # Databases made from registry data have the code at the top.
    code = country.get("iso_code") or entry.get("country_code")
    position = at.get("latitude"), at.get("longitude"), at.get("time_zone")
    return _geo(code, city.get("geoname_id"), city.get("names"), *position)


def _geo(
    code: Any, city: Any = None, names: Any = None, latitude: Any = None, longitude: Any = None, zone: Any = None
) -> Geo | None:
    """A place in the shape the gateway records; None when neither country nor city is known."""
    if not (code or city or names):
        return None
    point = {"Latitude": latitude or 0.0, "Longitude": longitude or 0.0, "TimeZone": zone or ""}
    return Geo(Country(str(code or "")), raw({"GeoNameID": city or 0, "Names": names or None}), raw(point))
