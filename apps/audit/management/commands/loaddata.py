"""``manage.py loaddata``: Django's own, and the audit log tells of it, for it may write accounts."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import loaddata
from django.db import transaction

from apps.audit.services import record_event


class Command(loaddata.Command):
    """Writes the rows of fixtures."""

    @transaction.atomic
    def handle(self, *fixtures: Any, **options: Any) -> None:
        """Write them, and record of which files."""
        super().handle(*fixtures, **options)
        record_event(action="Load Data", kind="command", id="loaddata", after={"fixtures": list(fixtures)})
