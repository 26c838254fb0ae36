"""`bin/manage catalogue export|import DIR`: what an organisation publishes, as files in the layout of tyk-sync."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.catalogue import repository, transfer
from apps.core.exceptions import ApplicationError
from apps.organisations.models import Organisation

#: Exit codes beside 0 (all is here, or would stay as it is) and 2 (the command line is wrong).
REFUSED, WOULD_CHANGE = 1, 3


class Command(BaseCommand):
    """Writes a folder, or takes one in and says what changes."""

    help = (
        "Export APIs, templates and policies as files, or import them. Nothing is deleted. Exit codes: 0 all is here"
        f" (--dry-run: nothing would change), {REFUSED} something cannot be taken, {WOULD_CHANGE} --dry-run: it would."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which way, which folder, whose."""
        parser.add_argument("action", choices=["export", "import"])
        parser.add_argument("folder", type=Path, metavar="DIR", help=f"folder with {repository.INDEX}")
        parser.add_argument("--organisation", metavar="ID", help="whose; may be left out where there is only one")
        parser.add_argument("--dry-run", action="store_true", help="only list what an import would change")

    def handle(self, *args: Any, action: str, folder: Path, organisation: str | None, **options: Any) -> None:
        """Export or import."""
        if action == "export" and options["dry_run"]:
            raise CommandError("--dry-run is for import: an export changes nothing but the folder")
        whose = self._organisation(organisation)
        try:
            if action == "export":
                count = repository.write(folder, transfer.entries_of(whose))
                self.stdout.write(f"{count} documents of {whose} in {folder}")
                return
            changes = transfer.import_folder(folder, whose, dry_run=options["dry_run"])
        except (ApplicationError, OSError) as error:
            raise CommandError(str(error)) from error
        self._tell(changes, is_dry=options["dry_run"])

    def _tell(self, changes: list[transfer.Change], *, is_dry: bool) -> None:
        told = [change for change in changes if change.verb != transfer.KEEP]
        for change in told:
            self.stdout.write(str(change))
        self.stdout.write(f"{len(changes) - len(told)} of {len(changes)} stay as they are")
        if refused := sum(change.verb == transfer.REFUSE for change in changes):
            raise CommandError(
                f"{refused} of {len(changes)} cannot be taken; the lines above say why", returncode=REFUSED
            )
        if is_dry and told:
            raise CommandError(f"{len(told)} of {len(changes)} would change", returncode=WOULD_CHANGE)

    def _organisation(self, pk: str | None) -> Organisation:
        found = list(Organisation.objects.filter(**({"pk": pk} if pk else {}))[:2])
        if len(found) != 1:
            known = ", ".join(f"{one.pk} ({one})" for one in Organisation.objects.all()[:10]) or "none yet"
            raise CommandError(f"Name one organisation with --organisation. Known: {known}")
        return found[0]
