"""What workers run, as they run it. Needs Django: only the process that forks and its children import it."""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Callable

import psycopg
from django.core.management import call_command
from django.db import DatabaseError, connection

from apps.analytics import partitions
from apps.analytics import tasks as analytics
from apps.pump import tasks as pump
from tests.chaos.kill_points import signal_at


def set_up() -> None:
    """Make the tables and their partitions."""
    call_command("migrate", verbosity=0)
    partitions.maintain()


TASKS: dict[str, Callable[[], None]] = {
    "set_up": set_up,
    "drain": pump.drain,
    "fold": analytics.fold,
    "roll_up": analytics.roll_up,
}
#: Seconds between two runs, in place of the clock of production.
PAUSES = {"drain": 0.05, "fold": 0.5, "roll_up": 1.0}


def once(task: str, longest: float) -> None:
    """Run a task; when it takes longer than so many seconds, say where it is."""
    faulthandler.dump_traceback_later(longest)
    TASKS[task]()


def again_and_again(task: str, point: str, times: int, number: int) -> None:
    """Run a task for ever; send this process a signal when it passes a point for the given time."""
    if point:
        signal_at(point, times, number)
    while True:
        try:
            TASKS[task]()
        except (DatabaseError, psycopg.Error):
            # A worker logs it, and the clock starts the task again.
            connection.close()
        time.sleep(PAUSES[task])
