"""Where the clients of the demo are, with IP addresses that belong to nobody.

Addresses come from the ranges that are set aside for documentation (RFC 5737, RFC 3849), so no
real person's address is ever shown; cities carry their numbers at geonames.org.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.demo.gateway_records import NOWHERE, City, Country, GeoData, Location


@dataclass(frozen=True, slots=True)
class Place:
    """A city, its share of people among all clients, and IP addresses seen from there."""

    geo: GeoData
    weight: float
    ip_addresses: tuple[str, ...]


#: Country, city, number at geonames.org, latitude, longitude, time zone, share of the clients.
_City = tuple[str, str, int, float, float, str, float]
_CITIES: tuple[_City, ...] = (
    ("GB", "London", 2643743, 51.5085, -0.1257, "Europe/London", 24),
    ("US", "New York", 5128581, 40.7143, -74.006, "America/New_York", 13),
    ("US", "San Francisco", 5391959, 37.7749, -122.4194, "America/Los_Angeles", 8),
    ("DE", "Berlin", 2950159, 52.5244, 13.4105, "Europe/Berlin", 12),
    ("FR", "Paris", 2988507, 48.8534, 2.3488, "Europe/Paris", 8),
    ("NL", "Amsterdam", 2759794, 52.374, 4.8897, "Europe/Amsterdam", 6),
    ("IE", "Dublin", 2964574, 53.3331, -6.2489, "Europe/Dublin", 4),
    ("SE", "Stockholm", 2673730, 59.3294, 18.0687, "Europe/Stockholm", 4),
    ("ES", "Madrid", 3117735, 40.4165, -3.7026, "Europe/Madrid", 4),
    ("PL", "Warsaw", 756135, 52.2298, 21.0118, "Europe/Warsaw", 3),
    ("CA", "Toronto", 6167865, 43.7001, -79.4163, "America/Toronto", 3),
    ("BR", "São Paulo", 3448439, -23.5475, -46.6361, "America/Sao_Paulo", 3),
    ("IN", "Mumbai", 1275339, 19.0728, 72.8826, "Asia/Kolkata", 4),
    ("JP", "Tokyo", 1850147, 35.6895, 139.6917, "Asia/Tokyo", 3),
    ("SG", "Singapore", 1880252, 1.2897, 103.8501, "Asia/Singapore", 1.5),
    ("AU", "Sydney", 2147714, -33.8678, 151.2073, "Australia/Sydney", 2),
    ("ZA", "Johannesburg", 993800, -26.2023, 28.0436, "Africa/Johannesburg", 1),
    ("NG", "Lagos", 2332459, 6.4541, 3.3947, "Africa/Lagos", 0.8),
)


def _ip_addresses(number: int) -> tuple[str, ...]:
    """Twelve IPv4 addresses and three IPv6 ones of the place with that number."""
    network, host = ("198.51.100", "203.0.113")[number % 2], number // 2 * 16
    return (
        *(f"{network}.{host + last}" for last in range(1, 13)),
        *(f"2001:db8:{number + 1:x}::{last:x}" for last in (0x11, 0x2A, 0x5F)),
    )


def _place(number: int, city: _City) -> Place:
    country, name, geoname, latitude, longitude, zone, weight = city
    geo = GeoData(Country(country), City(geoname, {"en": name}), Location(latitude, longitude, zone))
    return Place(geo, weight, _ip_addresses(number))


PLACES: tuple[Place, ...] = tuple(_place(number, city) for number, city in enumerate(_CITIES))
#: Machines inside the company: a private network, which no database knows.
COMPANY_NETWORK = Place(NOWHERE, 0, tuple(f"10.20.0.{last}" for last in range(4, 12)))
