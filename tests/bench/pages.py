"""Milliseconds that the analytics pages take on the server, over a year of traffic and over two.

``python -m tests.bench.pages [--repeat 30] [--zones UTC Europe/Berlin] [--json]``

Starts throw-away servers, writes a year of aggregates of 100 million requests (see ``history``), and
asks for the overview, Activity by API and every panel of them as a logged-in reader would, one after the
other, over the default range, 90 days and a year. Then the history gets another year, and the same
is asked again. What is measured is the whole request: session, permission, queries, template.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import TYPE_CHECKING

from .stack import throw_away_stack

if TYPE_CHECKING:
    from django.test import Client

RANGES = {"default": "", "90 days": "from=now-90d&to=now", "1 year": "from=now-365d&to=now"}
#: Milliseconds that the 95th percentile of no request should exceed.
TARGET = 150


@dataclass(frozen=True)
class Timing:
    """How long one url took, in milliseconds."""

    history: str
    zone: str
    range: str
    path: str
    p50: float
    p95: float


def urls() -> list[str]:
    """The two pages and all their panels."""
    from apps.analytics.views import ApisPage, OverviewPage

    pages = {"overview": ("/", OverviewPage), "activity": ("/activity/apis/", ApisPage)}
    found = []
    for name, (path, page) in pages.items():
        found += [path, *(f"/panels/{name}/{panel}/" for panel in (*page.panels, "filters"))]
    return found


def measure(client: Client, history: str, zone: str, repeat: int) -> Iterator[Timing]:
    """Ask for everything ``repeat`` times, after once without being timed."""
    for name, query in RANGES.items():
        for path in urls():
            url = f"{path}?{query}&tz={zone}" if query else f"{path}?tz={zone}"
            taken = [_milliseconds(client, url) for _ in range(repeat + 1)][1:]
            cuts = quantiles(taken, n=20, method="inclusive")
            yield Timing(history, zone, name, path, round(cuts[9], 1), round(cuts[18], 1))


def _milliseconds(client: Client, url: str) -> float:
    began = time.perf_counter()
    response = client.get(url)
    taken = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise SystemExit(f"{url} answered {response.status_code}")
    return taken


def reader() -> Client:
    """Somebody who may read the organisation's traffic, logged in."""
    from django.test import Client

    from apps.organisations.models import Organisation
    from apps.users.models import User
    from apps.users.services import create_user

    from .history import ORGANISATION

    organisation = Organisation.objects.create(id=ORGANISATION, owner_name="Bench")
    user = User(email="bench@example.com", organisation=organisation)
    create_user(user=user)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def timings(repeat: int, zones: Sequence[str]) -> Iterator[Timing]:
    """Everything over one year of history, then over two."""
    from .history import ALL, RECENT, History, loading

    client, history = reader(), History(datetime.now(UTC).replace(second=0, microsecond=0))
    ages = [RECENT, timedelta(days=365), timedelta(days=730)]
    # Few hours are older than a year, so the second year leaves their indexes.
    filled = {"1 year": ALL, "2 years": ("analytics_day", "analytics_month")}
    for (name, tables), youngest, oldest in zip(filled.items(), ages, ages[1:], strict=False):
        began = time.monotonic()
        with loading(*tables):
            if name == "1 year":
                history.recent()
            history.older(history.today - oldest, history.today - youngest)
        sys.stderr.write(f"history of {name}: {time.monotonic() - began:.0f} s\n")
        for zone in zones:
            yield from measure(client, name, zone, repeat)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--zones", nargs="+", default=["UTC", "Europe/Berlin"])
    parser.add_argument("--json", action="store_true", help="print one JSON object per url")
    return parser.parse_args()


def table(found: Sequence[Timing]) -> Iterator[str]:
    """Lines of a table: one year beside two, and what the second year costs."""
    by_history: dict[str, dict[tuple[str, str, str], Timing]] = {}
    for one in found:
        by_history.setdefault(one.history, {})[one.zone, one.range, one.path] = one
    first, second = by_history.values()
    yield "| zone | range | url | p50 | p95 | p50, 2 years | p95, 2 years | ratio |"
    yield "|---|---|---|---|---|---|---|---|"
    for key, one in first.items():
        two = second[key]
        yield f"| {' | '.join(key)} | {one.p50} | {one.p95} | {two.p50} | {two.p95} | {two.p50 / one.p50:.2f} |"
    worst = max(found, key=lambda one: one.p95)
    ratio = sum(two.p50 for two in second.values()) / sum(one.p50 for one in first.values())
    yield f"\nSlowest p95: {worst.p95} ms ({worst.path}, {worst.range}, {worst.zone}, {worst.history})."
    yield f"Target: {TARGET} ms."
    yield f"Twice the history takes {ratio:.2f} times the time."


def main() -> None:
    """Measure and print."""
    asked = arguments()
    with throw_away_stack():
        found = []
        for one in timings(asked.repeat, asked.zones):
            found.append(one)
            sys.stderr.write(f"{one}\n")
            if asked.json:
                print(json.dumps(asdict(one)))  # noqa: T201
    if not asked.json:
        print("\n".join(table(found)))  # noqa: T201


if __name__ == "__main__":
    main()
