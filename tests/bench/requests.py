"""Requests drawn by chance, as the frames that are counted: for a long history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import NormalDist
from zlib import crc32

import polars as pl

#: What there is to call and who calls.
APIS, KEYS, ENDPOINTS = 50, 5_000, 2_000
CODES = {200: 0.86, 201: 0.05, 304: 0.02, 404: 0.03, 429: 0.02, 500: 0.015, 503: 0.005}
COUNTRIES = {"GB": 0.5, "DE": 0.2, "US": 0.2, "FR": 0.05, "JP": 0.05}
#: Milliseconds at every thousandth of the requests: a median of 33, one in twenty above 104.
LATENCIES = [int(2.718281828 ** NormalDist(3.5, 0.7).inv_cdf((number + 0.5) / 1_000)) for number in range(1_000)]
#: Keys call one API, but one request in so many comes from a key of the API before.
STRANGERS = 100
#: How shares of keys and endpoints fall: half of the requests of an API come from two of its hundred keys.
STEEP = 1.6


def api_id(number: int) -> str:
    """The id of an API, numbered from 0."""
    return f"{number:032x}"


def key_id(number: int) -> str:
    """A hashed key, numbered from 0."""
    return f"{number:08x}{number * 2_654_435_761 % 2**32:08x}"


def path_of(number: int) -> str:
    """One of an API's paths, numbered from 0."""
    return f"/v1/resources-{number % 7}/{{id}}/part-{number}"


def method_of(number: int) -> str:
    """The method that a path is called with."""
    return "POST" if number % 3 == 0 else "GET"


class Chance:
    """Numbers drawn for so many requests, the same whenever the same is drawn."""

    def __init__(self, number: int, seed: str) -> None:
        self._rows = pl.int_range(number, eager=True)
        self._seed = crc32(seed.encode())

    def even(self) -> pl.Series:
        """Numbers from 0 to 1, each time others."""
        self._seed += 1
        return self._rows.hash(self._seed).cast(pl.Float64) / 2**64

    def among(self, shares: Sequence[float]) -> pl.Series:
        """Places in a list of shares, each as often as its share says."""
        bounds = pl.Series(list(accumulate(shares)), dtype=pl.Float64)
        return bounds.search_sorted(self.even() * bounds[-1]).clip(0, len(shares) - 1).cast(pl.Int64)

    def below(self, number: int) -> pl.Series:
        """Whole numbers below another, all as often."""
        return (self.even() * number).cast(pl.Int64).clip(0, number - 1)


def falling(number: int, power: float = 1) -> list[float]:
    """Shares that fall as 1, ½, ⅓ … or faster: few have most of the traffic."""
    return [1 / place**power for place in range(1, number + 1)]


def drawn(organisation: str, start: datetime, end: datetime, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Requests evenly from one moment to another, and their tags: what ``aggregation.aggregate`` takes."""
    chance = Chance(number, start.isoformat())
    latency = _named(LATENCIES, chance.below(len(LATENCIES)))
    api, path = chance.among(falling(APIS)), chance.among(falling(ENDPOINTS // APIS, STEEP))
    usual = api + APIS * chance.among(falling(KEYS // APIS, STEEP))
    key = usual.zip_with(chance.below(STRANGERS) > 0, (usual + KEYS - 1) % KEYS)
    every = (end - start) / max(number, 1)
    at = pl.Series([start.replace(tzinfo=None)], dtype=pl.Datetime("us"))
    frame = pl.DataFrame({
        "api_id": _named([api_id(n) for n in range(APIS)], api),
        "api_name": _named([f"API {n}" for n in range(APIS)], api),
        "api_version": _named(["v1", "v2"], chance.among([0.7, 0.3])),
        "method": _named([method_of(n) for n in range(ENDPOINTS // APIS)], path),
        "path": _named([path_of(n) for n in range(ENDPOINTS // APIS)], path),
        "key": _named([key_id(n) for n in range(KEYS)], key),
        "alias": _named([f"Customer {n}" for n in range(KEYS)], key),
        "oauth_client": _named([f"client-{n}" if n % 3 == 0 else "" for n in range(APIS)], api),
        "country": _named(list(COUNTRIES), chance.among(list(COUNTRIES.values()))),
        "status": _named(list(CODES), chance.among(list(CODES.values()))),
        "request_time": latency,
        "latency": latency,
        "upstream_latency": latency * 9 // 10,
    }).with_row_index("row")  # fmt: skip
    moments = at[0] + pl.col("row").cast(pl.Int64) * pl.lit(every)
    frame = frame.with_columns(organisation=pl.lit(organisation), tracked=pl.lit(value=True), timestamp=moments)
    return frame, pl.DataFrame({"row": frame["row"], "tag": _named(["plan-0", "plan-1"], key % 2)})


def _named(names: Sequence[str] | Sequence[int], numbers: pl.Series) -> pl.Series:
    return pl.Series(list(names)).gather(numbers)


def rate(length: timedelta, a_year: int) -> int:
    """Requests in a time."""
    return round(a_year * (length / timedelta(days=365)))
