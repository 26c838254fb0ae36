"""A throw-away PostgreSQL and Redis with the settings of production, and a Django that uses them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from launching import servers
from launching.places import Places

#: Variables of the caller that must not change what is measured.
_FOREIGN = ("PUMP_", "ANALYTICS_", "GATEWAY_", "DATABASE_", "REDIS_", "LOG_LEVEL")


@contextmanager
def throw_away_stack() -> Iterator[Path]:
    """Start both servers with default durability and make the tables; yields the temporary directory.

    Django may be imported inside only. Processes of ours find the servers in ``os.environ``.
    """
    home = Path(tempfile.mkdtemp(prefix="weir-bench-"))
    places = Places(home=home, venv=Path(sys.prefix))
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        places.prepare()
        for server in servers.wanted(places, {}):
            stack.callback(server.start().stop)
            os.environ[server.variable] = server.url
        _set_up_django()
        yield home


def _set_up_django() -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING"}
    import django
    from django.core.management import call_command

    from apps.analytics import partitions

    django.setup()
    call_command("migrate", verbosity=0)
    partitions.maintain()
