"""bin/check: everything that CI runs. The tests come last, so that their closing line does too."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from launching import servers, testing
from launching.console import complain, say
from launching.places import ROOT, Places

# As on a server that people reach through a proxy over HTTPS.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a long text with {many} different characters, 0123456789, made for this check",
    "ALLOWED_HOSTS": "weir.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://weir.example.com",
    "SECURE_COOKIES": "true",
}
CHECKS: dict[str, Sequence[str]] = {
    "format": ("-m", "ruff", "format", "--check", "."),
    "lint": ("-m", "ruff", "check", "."),
    "types": ("-m", "mypy"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
    "deployment": ("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
}


def run(arguments: Sequence[str]) -> int:
    """Run every check, then pytest with these arguments. Gives pytest's exit code, or 1 when only a check failed."""
    places = Places.of(os.environ)
    testing.set_up(places)
    environ = dict(os.environ)
    with servers.throw_away_servers(environ, places.venv):
        failed = [name for name, command in CHECKS.items() if not _passes(places, name, command, environ)]
        code = testing.run_pytest(places, arguments, environ)
    if failed:
        complain(f"Failed before the tests: {', '.join(failed)}. What each of them said is above.")
    return code or int(bool(failed))


def _passes(places: Places, name: str, command: Sequence[str], environ: dict[str, str]) -> bool:
    say(f"--- {name}: {' '.join(command)}")
    settings = environ | PRODUCTION
    return subprocess.run([places.python, *command], cwd=ROOT, env=settings, check=False).returncode == 0
