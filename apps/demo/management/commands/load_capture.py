"""`manage.py load_capture FOLDER`: push lists recorded from a gateway into the gateway's Redis."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.analytics import partitions
from apps.core.redis import gateway_redis
from apps.demo.byte_spans import NANOSECONDS
from apps.demo.capture_shift import last_time, shifted
from apps.demo.captures import LAYOUT, CaptureError, RecordedList, read
from apps.demo.list_writer import ListWriter
from apps.demo.progress import Progress
from apps.organisations.models import Organisation


class Command(BaseCommand):
    """Pushes the recorded bytes as they are, or with their times and organisations replaced."""

    help = "Push a folder of lists recorded from a gateway into Redis, where the pump finds them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the folder, and what may be replaced."""
        parser.add_argument("folder", type=Path, help=f"Folder with {LAYOUT}.")
        parser.add_argument("--now", action="store_true", help="Shift all times so that the last record is now.")
        parser.add_argument("--organisation", default="", metavar="ID", help="Make the records this organisation's.")

    def handle(self, *args: Any, folder: Path, now: bool, organisation: str, **options: Any) -> None:
        """Push every list of the folder and say whose records they are."""
        self._check(organisation)
        try:
            lists = read(folder)
            shift = time.time_ns() - last_time(lists) if now else 0
            self._push(lists, shift, organisation)
        except CaptureError as reason:
            raise CommandError(str(reason)) from reason
        self._explain(organisation, last_time(lists) + shift)

    def _check(self, organisation: str) -> None:
        if organisation and not Organisation.objects.filter(pk=organisation).exists():
            known = ", ".join(f"{one.pk} ({one})" for one in Organisation.objects.all()[:10]) or "none yet"
            raise CommandError(f"There is no organisation {organisation!r}. Known: {known}.")

    def _push(self, lists: list[RecordedList], shift: int, organisation: str) -> None:
        # All of them are made before the first is pushed: a damaged record leaves nothing half done.
        for key, payloads in [
            (one.key(settings.PUMP_KEY_PREFIX), list(shifted(one, shift, organisation))) for one in lists
        ]:
            progress = Progress(self.stdout, f"{key}:", len(payloads))
            for count in ListWriter(gateway_redis(), key).push(payloads):
                progress.add(count)
            progress.finish()

    def _explain(self, organisation: str, last: int) -> None:
        if not organisation:
            self.stdout.write(
                "The records belong to the organisations of the recording, so that only super users see them;"
                " --organisation ID makes them another's."
            )
        newest = datetime.fromtimestamp(last // NANOSECONDS, UTC)
        if newest.date() < partitions.oldest(partitions.RECORDS, timezone.now().date()):
            self.stdout.write(f"The last record is of {newest:%F}: the pump rejects what is so old, use --now.")
