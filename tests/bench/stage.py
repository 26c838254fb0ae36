"""A throw-away PostgreSQL and Redis with the settings of production, and a Django that uses them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bin"))

from launching import servers  # noqa: E402
from launching.places import Places  # noqa: E402

#: Variables of whoever calls that must not change what is measured.
_FOREIGN = ("PUMP_", "ANALYTICS_", "GATEWAY_", "DATABASE_", "REDIS_", "LOG_LEVEL", "LAG_")


@contextmanager
def stage() -> Iterator[Path]:
    """Start both servers with default durability, make the tables; yields the temporary directory.

    Django may be imported inside only. The variables stand in ``os.environ``, for processes of ours.
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
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING", "SECRET_KEY": "measured" * 8}
    import django  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("partitions", verbosity=0)
