"""What every test stands on: a real PostgreSQL and a real Redis-compatible store, never Django's stand-ins.

``bin/test`` names the servers in the environment. A plain ``pytest`` starts throw-away ones here, before Django reads
its settings: that is why the settings module is named in this file. Workers of pytest-xdist inherit the environment of
the process that distributes the tests; each uses a database and two numbers of Redis that no other uses.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from urllib.parse import parse_qsl, urlencode

import django
import pytest

from launching import chromium
from launching.servers import throw_away_servers
from tests import examples

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

_servers = ExitStack()
atexit.register(_servers.close)
_started = [] if WORKER else _servers.enter_context(throw_away_servers(os.environ))


def _at(url: str, number: int) -> str:
    """Give the address of another number of the same Redis."""
    place, _, query = url.partition("?")
    return f"{place}?{urlencode({**dict(parse_qsl(query)), 'db': number})}"


if WORKER:
    # Numbers from 2: whoever is no worker uses the number that the environment names.
    _number, _redis = 2 + 2 * int(WORKER.removeprefix("gw")), os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = _at(_redis, _number)
    os.environ["GATEWAY_REDIS_URL"] = _at(os.environ.get("GATEWAY_REDIS_URL") or _redis, _number + 1)
# A few days of partitions do: every query plans them all, and every test that commits looks into them all.
os.environ["ANALYTICS_RAW_DAYS"], os.environ["ANALYTICS_PARTITIONS_AHEAD"] = "5", "1"
os.environ["EXAMPLES_INDEX_URL"] = "http://nowhere.invalid/repository.json"  # no https: nobody is asked
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
# pytest-django reads the settings that the environment names before this file is: a worker's, before it has numbers.
del os.environ["DJANGO_SETTINGS_MODULE"]

examples.register()

pytest_plugins = [
    "tests.plugins.cast",
    "tests.plugins.database",
    "tests.plugins.outbox",
    "tests.plugins.providers",
    "tests.plugins.throttling",
]


def pytest_report_header() -> str:
    """Say which servers the run uses."""
    return "servers: " + (", ".join(f"throw-away {server.name}" for server in _started) or "from the environment")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where there is no browser; on CI that is an error instead."""
    driven = [item for item in items if item.get_closest_marker("browser")]
    if not driven or chromium.find():
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"{len(driven)} browser tests, and {chromium.MISSING}")
    for item in driven:
        item.add_marker(pytest.mark.skip(reason=chromium.MISSING))
