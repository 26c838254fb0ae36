"""`manage.py replay_rejected`: put rejected records through the pump again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.analytics.models import RejectedRecord
from apps.pump.replay import replay


class Command(BaseCommand):
    """Store rejected records that can be stored now; the others stay, with their reason of today."""

    help = "Put rejected records through the pump again, after what was wrong has been mended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which records to try."""
        parser.add_argument("--reason", choices=RejectedRecord.Reason.values, help="only those rejected for this")
        parser.add_argument("--source", help="only those of this Redis list")
        parser.add_argument("--organisation", help="only those of this organisation")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay in portions, saying how far it is."""
        wanted = {name: options[name] for name in ("reason", "source", "organisation") if options[name] is not None}
        rejected = RejectedRecord.objects.filter(**wanted)
        total, tried, stored = rejected.count(), 0, 0
        if not total:
            raise CommandError("There is no rejected record of that kind; leave options out to see all.")
        for batch in replay(rejected):
            tried += batch.tried
            stored += batch.tried - batch.still_rejected
            self.stdout.write(f"{tried} of {total} tried, {stored} taken in")
