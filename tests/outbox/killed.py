"""A process that does something with the outbox and kills itself there: ``killed.py WHERE [DELIVERY]``."""

from __future__ import annotations

import os
import signal
import sys

import django
from django.db import transaction

django.setup()

from apps.outbox import attempts, handlers, services  # noqa: E402


def die(*_: object) -> None:
    """End as ``kill -9`` ends a process."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(where: str, delivery_id: str = "") -> None:
    """Do what the test asks for."""
    handlers.register("test", die)
    if where == "in the attempt":
        attempts.deliver(delivery_id)
    elif where == "after the attempt":
        handlers.register("test", lambda _: None)
        attempts._delivered = die
        attempts.deliver(delivery_id)
    else:
        services.wake_worker = die  # type: ignore[assignment]
        with transaction.atomic():
            services.put("test", {"number": 1})
            if where == "before the commit":
                die()


main(*sys.argv[1:])
