"""``manage.py verify_audit``: is every record of the audit log there, unchanged and in its place?"""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.chain import NotBroken, acknowledge, checkpoints, lost_checkpoints, verify


class Command(BaseCommand):
    """Checks chains and prints a line for each; ends with 1 when one is not whole."""

    help = (
        "Check the chains of audit records: edited, removed, reordered and truncated ones are found."
        " With --heads FILE, what FILE says of an earlier check must still hold; then it is written anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one organisation, a file to keep checkpoints in, and what is acknowledged."""
        parser.add_argument("--organisation", metavar="ID", help="check this chain only; '' is that of no organisation")
        parser.add_argument(
            "--heads", metavar="FILE", type=Path, help="keep it where the database's owner cannot write"
        )
        parser.add_argument(
            "--acknowledge", metavar="ID", help="check this broken chain from here on only; a record says so"
        )
        parser.add_argument("--by", metavar="NAME", default="", help="who acknowledges; otherwise who runs this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print verdicts, or acknowledge."""
        if options["acknowledge"] is not None:
            self._acknowledge(options["acknowledge"], options["by"] or getpass.getuser())
        else:
            self._check(options)

    def _acknowledge(self, organisation: str, actor: str) -> None:
        try:
            problem = acknowledge(organisation=organisation, actor=actor)
        except NotBroken as error:
            raise CommandError("The chain is whole: there is nothing to acknowledge.") from error
        self.stdout.write(f"Acknowledged by {actor}: {problem}. Records are checked from the next one on.")

    def _check(self, options: dict[str, Any]) -> None:
        verdicts = []
        for verdict in verify(options["organisation"]):
            self.stdout.write(str(verdict))
            verdicts.append(verdict)
        problems = [verdict.problem for verdict in verdicts if verdict.problem]
        file: Path | None = options["heads"]
        known = json.loads(file.read_text()) if file and file.exists() else {}
        lost = lost_checkpoints(known, options["organisation"])
        for line in lost if verdicts else ["No audit records.", *lost]:
            self.stdout.write(line)
        if problems or lost:
            raise CommandError(f"The audit log is not whole: {[*problems, *lost][0]}")
        if file:
            file.write_text(json.dumps({**known, **checkpoints(verdicts)}, indent=1, sort_keys=True) + "\n")
