"""``manage.py verify_audit``: is every record of the audit log there, unchanged and in its place?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit import heads
from apps.audit.verifying import verify


class Command(BaseCommand):
    """Checks chains and prints a line for each; ends with 1 when one is not whole."""

    help = (
        "Check the chains of audit records: edited, removed, reordered and truncated ones are found."
        " With --heads FILE, what FILE says of an earlier check must still hold; then it is written anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one organisation, and a file to remember the heads in."""
        parser.add_argument("--organisation", metavar="ID", help="check this chain only; '' is that of no organisation")
        parser.add_argument(
            "--heads", metavar="FILE", type=Path, help="keep it where the database's owner cannot write"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and tell."""
        verdicts = []
        for verdict in verify(options["organisation"]):
            self.stdout.write(str(verdict))
            verdicts.append(verdict)
        problems = [verdict.problem for verdict in verdicts if verdict.problem]
        file: Path | None = options["heads"]
        known = json.loads(file.read_text()) if file and file.exists() else {}
        lost = heads.lost(known, options["organisation"])
        for line in lost if verdicts else ["No audit records.", *lost]:
            self.stdout.write(line)
        if problems or lost:
            raise CommandError(f"The audit log is not whole: {[*problems, *lost][0]}")
        if file:
            file.write_text(json.dumps({**known, **heads.of(verdicts)}, indent=1, sort_keys=True) + "\n")
