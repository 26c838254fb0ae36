"""REST writes per second with the audit log and without it.

``python -m tests.bench.audit [--writes 400] [--threads 1 4] [--repeat 5] [--json]``

Starts throw-away servers with their default durability (fsync and synchronous_commit on). Administrators of one
organisation, whose records are one chain, give an API its owners by ``PUT /api/apis/{id}/access``, each thread an API
of its own. With the log and without take turns in every repeat; medians are printed. The threads share one process
and so one processor: what is compared is the whole request, and how much of it is waiting for the chain's head.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

from .stack import throw_away_stack

if TYPE_CHECKING:
    from rest_framework.test import APIClient


@dataclass(frozen=True)
class Result:
    """Writes per second of all threads together, and what is left of them with the log."""

    threads: int
    without: float
    recorded: float
    ratio: float


@dataclass(frozen=True)
class Writer:
    """Somebody who gives an API its owners, again and again."""

    client: APIClient
    path: str
    owner: str

    def write(self, writes: int) -> None:
        """Write; leaves with a message when it is refused."""
        from django.db import connection

        for number in range(writes):
            answer = self.client.put(self.path, {"userIds": [self.owner][: number % 2]}, format="json")
            if answer.status_code != 200:
                sys.exit(f"{answer.status_code} {answer.content!r}")
        connection.close()


def writers(threads: int) -> list[Writer]:
    """Make people of one organisation, each with an API."""
    from rest_framework.test import APIClient

    from apps.apis.models import Api
    from apps.organisations.models import Organisation
    from apps.users.models import User
    from apps.users.services import create_user

    organisation = Organisation.objects.create(owner_name=f"{threads} threads")
    made = []
    for number in range(threads):
        email = f"writer{number}.of{threads}@example.com"
        user = User(email=email, organisation=organisation, user_permissions={"IsAdmin": "admin"})
        key = create_user(user=user)
        api = Api.objects.create(organisation=organisation, name=email)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=key)
        made.append(Writer(client, f"/api/apis/{api.pk}/access", user.pk))
    return made


def speed(people: Sequence[Writer], writes: int, *, recorded: bool) -> float:
    """Writes per second."""
    from django.test import override_settings

    with override_settings(AUDIT_ENABLED=recorded, ALLOWED_HOSTS=["*"]), ThreadPoolExecutor(len(people)) as pool:
        began = time.monotonic()
        list(pool.map(lambda person: person.write(writes // len(people)), people))
        return writes // len(people) * len(people) / (time.monotonic() - began)


def measure(threads: Sequence[int], writes: int, repeat: int) -> Iterator[Result]:
    """Measure each number of threads, both ways in turn, after once without being timed."""
    for number in threads:
        people = writers(number)
        speed(people, number * 10, recorded=True)
        turns = [[speed(people, writes, recorded=is_on) for is_on in (False, True)] for _ in range(repeat)]
        ratio = median(turn[1] / turn[0] for turn in turns)
        without, recorded = (median(turn[place] for turn in turns) for place in (0, 1))
        yield Result(number, without, recorded, ratio)


def check() -> None:
    """Leave with a message when the chain is not whole."""
    from apps.audit.chain import verify

    if problems := [verdict.problem for verdict in verify() if verdict.problem]:
        sys.exit(problems[0])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=int, default=400)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object per number of threads")
    asked = parser.parse_args()
    with throw_away_stack():
        results = list(measure(asked.threads, asked.writes, asked.repeat))
        check()
    for result in results:
        told = f"{result.threads} threads: {result.without:.0f}/s without, {result.recorded:.0f}/s with the log"
        sys.stdout.write((json.dumps(asdict(result)) if asked.json else f"{told}, {result.ratio:.2f}") + "\n")


if __name__ == "__main__":
    main()
