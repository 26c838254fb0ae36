"""`manage.py drain`: one run of the pump, in the foreground."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.pump.drain import Drain


class Command(BaseCommand):
    """Take what waits in Redis into PostgreSQL now; any number of these may run beside the worker."""

    help = "Drain the gateways' Redis lists once, and say what was taken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one drain."""
        done = Drain().run()
        self.stdout.write(f"{done.records} records in {done.slices} slices.")
