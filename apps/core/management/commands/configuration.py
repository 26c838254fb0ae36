"""``bin/manage configuration``: write the documents that list every variable."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.reference_docs import ROOT, reference_docs


class Command(BaseCommand):
    """Write docs/configuration.md and .env.example, or tell whether they are in step."""

    help = "Write docs/configuration.md and .env.example from config/env/."
    requires_system_checks = ()  # it must run where nothing is configured yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``."""
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when they are out of step.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what differs, or fail because it does."""
        stale = {path: text for path, text in reference_docs().items() if not path.exists() or path.read_text() != text}
        if options["check"] and stale:
            names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
            raise CommandError(f"Out of step with config/env/: {names}. Run: bin/manage configuration")
        for path, text in stale.items():
            path.write_text(text)
            self.stdout.write(f"wrote {path.relative_to(ROOT)}")
