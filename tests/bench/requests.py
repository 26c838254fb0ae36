"""Requests drawn by chance, as the frames that are counted: for the recent part of a long history."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import polars as pl

#: What there is to call and who calls; shares of APIs fall as 1, ½, ⅓ …
APIS, KEYS, ENDPOINTS = 50, 5_000, 2_000
SHARES = [1 / number for number in range(1, APIS + 1)]
CODES = {200: 0.86, 201: 0.05, 304: 0.02, 404: 0.03, 429: 0.02, 500: 0.015, 503: 0.005}
COUNTRIES = {"GB": 0.5, "DE": 0.2, "US": 0.2, "FR": 0.05, "JP": 0.05}


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


def drawn(organisation: str, start: datetime, end: datetime, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Requests evenly from one moment to another, and their tags: what ``counting.aggregates`` takes."""
    chance = Random(start.isoformat())
    apis = chance.choices(range(APIS), SHARES, k=number)
    # Most keys keep to one API, some call several.
    keys = [
        chance.randrange(KEYS) if chance.random() < 0.2 else api + APIS * chance.randrange(KEYS // APIS) for api in apis
    ]
    paths = [chance.randrange(ENDPOINTS // APIS) for _ in apis]
    latency = [int(chance.lognormvariate(3.5, 0.7)) for _ in apis]
    every = (end - start) / max(number, 1)
    columns = {
        "organisation": [organisation] * number,
        "api_id": [api_id(api) for api in apis],
        "api_name": [f"API {api}" for api in apis],
        "api_version": chance.choices(["v1", "v2"], [7, 3], k=number),
        "method": [method_of(path) for path in paths],
        "path": [path_of(path) for path in paths],
        "key": [key_id(key) for key in keys],
        "alias": [f"Customer {key}" for key in keys],
        "oauth_client": [f"client-{api}" if api % 3 == 0 else "" for api in apis],
        "country": chance.choices(list(COUNTRIES), list(COUNTRIES.values()), k=number),
        "status": chance.choices(list(CODES), list(CODES.values()), k=number),
        "request_time": latency,
        "latency": latency,
        "upstream_latency": [one * 9 // 10 for one in latency],
        "tracked": [True] * number,
        "timestamp": [start.replace(tzinfo=None) + nth * every for nth in range(number)],
    }
    frame = pl.DataFrame(columns, schema_overrides={"timestamp": pl.Datetime("us")}).with_row_index("row")
    tags = pl.DataFrame({"row": frame["row"], "tag": [f"plan-{key % 2}" for key in keys]})
    return frame, tags


def rate(length: timedelta, a_year: int) -> int:
    """Requests in a time."""
    return round(a_year * (length / timedelta(days=365)))
