"""A small GeoIP database, for a bench that looks places up."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from random import Random

from mmdb_writer import MMDBWriter
from netaddr import IPSet

#: More than a lookup's cache of a slice, fewer than the requests.
CLIENT_IPS = 20_000
_COUNTRIES = "GB DE FR ES IT NL SE PL US CA BR AR IN JP KR AU NZ ZA NG KE".split()


def client_ips() -> list[str]:
    """Public client_ips, the same every time."""
    draw = Random(7)
    return [str(IPv4Address(draw.randrange(0x01000000, 0xDF000000))) for _ in range(CLIENT_IPS)]


def database(file: Path) -> Path:
    """Write a database that knows a place for every /8 network."""
    writer = MMDBWriter(ip_version=4, database_type="GeoLite2-City")
    for number in range(1, 224):
        code = _COUNTRIES[number % len(_COUNTRIES)]
        place = {
            "country": {"iso_code": code, "names": {"en": code}},
            "city": {"geoname_id": 2_600_000 + number, "names": {"en": f"City {number}"}},
            "location": {"latitude": 50.5, "longitude": 4.25, "time_zone": "Europe/Brussels"},
        }
        writer.insert_network(IPSet([f"{number}.0.0.0/8"]), place)
    writer.to_db_file(str(file))
    return file
