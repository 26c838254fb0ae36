"""Milliseconds that the list of APIs takes with 10,000 of them: ``python -m tests.bench.catalogue [--apis 10000]``.

Each page is asked for as somebody would who sees traffic, and told as a multiple of the time of a trivial query
(``SELECT 1``) too, because machines differ. What is measured is the whole request.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median, quantiles

from launching.console import say
from tests.bench.stack import throw_away_stack

#: Milliseconds that the 95th percentile of a list and of a search may take.
TARGET = 200
URLS = {
    "first page": "/apis/",
    "last page": "/apis/?p=400",
    "search of many": "/apis/?q=orders",
    "search of an operation": "/apis/?q=operation777",
    "search of nothing": "/apis/?q=nothing of the kind",
    "category": "/apis/?category=team7",
    "no traffic for 30 days": "/apis/?attention=quiet",
}
BATCH = 1_000


def fill(number: int) -> None:
    """Write APIs with ten operations and two categories each."""
    from apps.apis.models import Api
    from tests.bench.history import ORGANISATION

    for first in range(0, number, BATCH):
        Api.objects.bulk_create(_apis(ORGANISATION, range(first, first + BATCH)))


def _apis(organisation: str, numbers: range) -> list[object]:
    from apps.apis.models import Api

    made = []
    for number in numbers:
        paths = {f"/{one}": {"get": {"operationId": f"operation{number * 10 + one}"}} for one in range(10)}
        proxy = {"listen_path": f"/orders/{number}/", "target_url": f"http://orders{number}.internal:8080"}
        api = Api(organisation_id=organisation, kind=Api.Kind.OAS, document={"openapi": "3.0.3", "paths": paths},
                  definition={"name": f"Orders {number}", "active": True, "proxy": proxy})  # fmt: skip
        api.read_definition()
        api.categories = [f"team{number % 50}", f"region{number % 4}"]
        made.append(api)
    return made


def timed(ask: Callable[[], object], repeat: int) -> list[float]:
    """Give milliseconds, after once without being timed."""
    taken = []
    for _ in range(repeat + 1):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return taken[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apis", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=20)
    asked = parser.parse_args()
    with throw_away_stack():
        from django.db import connection

        from tests.bench.pages import reader

        client = reader()
        fill(asked.apis)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            trivial = median(timed(lambda: cursor.execute("SELECT 1"), asked.repeat))
        say(f"SELECT 1: {trivial:.2f} ms. Target of a page: {TARGET} ms at the 95th percentile.")
        for name, url in URLS.items():
            cuts = quantiles(timed(lambda url=url: client.get(url), asked.repeat), n=20, method="inclusive")
            say(f"{name:24} p50 {cuts[9]:6.1f} ms  p95 {cuts[18]:6.1f} ms  {cuts[9] / trivial:6.0f} times SELECT 1")


if __name__ == "__main__":
    main()
