"""What every test stands on: a real PostgreSQL and a real Redis-compatible store, never Django's stand-ins.

``bin/test`` names the servers in the environment. A plain ``pytest`` starts throw-away ones here, before
Django reads its settings: that is why the settings module is named in this file.
"""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack

import django
import hypothesis
import pytest

from launching import chromium
from launching.servers import throw_away_servers

_servers = ExitStack()
atexit.register(_servers.close)
_started = _servers.enter_context(throw_away_servers(os.environ))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# A machine that is busy is no error: examples have no deadline, a run has one.
hypothesis.settings.register_profile("weir", deadline=None)
hypothesis.settings.load_profile("weir")

pytest_plugins = ["tests.plugins.cast", "tests.plugins.database", "tests.plugins.outbox"]


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
