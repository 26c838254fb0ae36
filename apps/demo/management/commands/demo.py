"""`manage.py demo`: make the demo organisation and its log-ins, and say them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo import logins


class Command(BaseCommand):
    """May be run again at any time: what is there stays, and the same passwords are printed."""

    help = "Make the demo organisation with its groups and APIs, and a log-in for each role; print them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where the passwords are kept."""
        parser.add_argument(
            "--logins",
            type=Path,
            default=Path(settings.BASE_DIR) / "var" / "demo-logins.json",
            metavar="FILE",
            help="File that keeps the passwords, readable by its owner only (default: var/demo-logins.json).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and print a line per log-in."""
        file: Path = options["logins"]
        try:
            made = logins.make(file)
        except (OSError, ValueError) as reason:
            raise CommandError(f"{file} cannot be used to keep the passwords: {reason}") from reason
        rows = [("ROLE", "E-MAIL", "PASSWORD")]
        rows += [(login.role, login.email, password or "(changed since)") for login, password in made]
        for role, email, password in rows:
            self.stdout.write(f"{role:<22} {email:<22} {password}")
