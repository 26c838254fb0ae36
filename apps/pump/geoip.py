"""Client IPs to places by a GeoIP database file, read again when the file changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from reprlib import repr as shortly
from shutil import copyfile
from tempfile import NamedTemporaryFile
from typing import Any

import geoip2.database
import maxminddb
from geoip2.errors import AddressNotFoundError
from geoip2.models import City
from geoip2.models import Country as CountryOnly

from . import bounds, enrichment_faults
from .enrich import Locator, raw
from .records import Country, Geo

#: Client IPs whose place is remembered: a slice has far fewer.
_REMEMBERED = 50_000
#: What databases have for countries: ISO 3166-1, and codes of their own such as ``XK``, ``T1``.
_COUNTRY = re.compile(r"[A-Za-z0-9]{2,3}")


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
    def find(client_ip: str) -> Geo | None:
        address = _address(client_ip)
        return _place(look_up(address)) if address else None

    def locate(client_ip: str) -> Geo | None:
        try:
            return find(client_ip)
        except AddressNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever damaged data makes of its readers costs a place only
            enrichment_faults.report(f"{path} is damaged: {type(error).__name__}: {error}")
            return None

    return locate


def _address(client_ip: str) -> IPv4Address | IPv6Address | None:
    """The address of a client as proxies write it, with a port, or in brackets; None when it is none."""
    text = client_ip.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found


def _look_up(path: str) -> Callable[[IPv4Address | IPv6Address], object]:
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
    """A place in the shape the gateway records; None when neither country nor city is known.

    Raises:
        ValueError: when no gateway would record it.
    """
    if not (code or city or names):
        return None
    if code and not (isinstance(code, str) and _COUNTRY.fullmatch(code)):
        raise ValueError(f"{shortly(code)} is no country")
    town = {"GeoNameID": city or 0, "Names": names or None}
    point = {"Latitude": latitude or 0.0, "Longitude": longitude or 0.0, "TimeZone": zone or ""}
    if fault := bounds.fault_of_details({"city": town, "location": point}):
        raise ValueError(fault)
    return Geo(Country(code or ""), raw(town), raw(point))
