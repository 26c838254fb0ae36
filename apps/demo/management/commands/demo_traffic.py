"""`manage.py demo_traffic`: write the demo's history once, then live requests until it is told to end."""

from __future__ import annotations

import signal
import sys
import time
from random import Random
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.analytics import partitions
from apps.core.redis import gateway_redis
from apps.demo import history, live, shop
from apps.demo.list_writer import ListWriter
from apps.demo.load_profile import LiveProfile
from apps.demo.progress import Progress

#: Records in the list at which the history waits for the pump: about 180 MB of Redis.
BACKLOG = 150_000


class Command(BaseCommand):
    """Writes to the gateway's Redis, as a gateway would; the pump does the rest."""

    help = "Write made-up traffic of the demo organisation: 90 days of history once, then live until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the length of the history and the rate."""
        parser.add_argument("--history-days", type=int, default=90, help="Days of history (default: 90; 0 = none).")
        parser.add_argument(
            "--rate", type=float, default=settings.DEMO_RATE, help="Live requests per second (default: DEMO_RATE)."
        )
        parser.add_argument("--once", action="store_true", help="Write the history and end.")

    def handle(self, *args: Any, history_days: int, rate: float, once: bool, **options: Any) -> None:
        """Write, until the history is complete (``--once``) or a signal comes."""
        if history_days < 0 or rate <= 0:
            raise CommandError("--history-days must not be negative, and --rate (or DEMO_RATE) must be above 0.")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        writer = ListWriter(gateway_redis(), f"{settings.PUMP_KEY_PREFIX}tyk-system-analytics")
        if history_days:
            self._write_history(writer, history_days, 0.0 if once else rate)
        if not once:
            connection.close()  # from here on only Redis is needed
            self._write_live(writer, rate)

    def _write_history(self, writer: ListWriter, days: int, rate: float) -> None:
        kept = settings.ANALYTICS_RAW_DAYS
        if kept is not None and days > kept:
            days = kept
            self.stdout.write(f"Only {days} days of history: ANALYTICS_RAW_DAYS keeps no more.")
        partitions.maintain()  # the pump rejects records of days that have none
        begun = history.begin(shop.organisation(), int(time.time()), days, rate)
        progress = Progress(self.stdout, "History:")
        for days_ago in history.remaining(begun):
            writer.wait_until_below(BACKLOG)
            for count in writer.push(history.day(begun.profile, days_ago)):
                progress.add(count)
            begun.mark_written(days_ago + 1)
        progress.finish()

    def _write_live(self, writer: ListWriter, rate: float) -> None:
        self.stdout.write(f"Live: about {rate:g} requests per second.")
        for batch in live.batches(Random(), LiveProfile(time.time(), rate)):
            sum(writer.push(batch))


def _stop(*_: object) -> NoReturn:
    """Leave at once, wherever the command is: whatever it was about to write can be written again."""
    sys.exit(0)
