"""`manage.py partitions`: make partitions ahead, drop those past retention."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.analytics import partitions


class Command(BaseCommand):
    """Keep partitions in step with the retention settings; may be run at any time."""

    help = "Make the partitions of the retention settings, and some ahead; drop those that are past it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one round of result and say what it did."""
        result = partitions.maintain()
        self.stdout.write(f"{len(result.created)} partitions made, {len(result.dropped)} dropped.")
