"""bin/test: set up what tests need, start throw-away servers, run pytest."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from launching import browser_libraries, chromium, installing, servers
from launching.places import ROOT, Places
from launching.processes import tied


def run(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments; give its exit code. Raises Failure when the set-up does not work."""
    places = Places.of(os.environ)
    set_up(places)
    environ = dict(os.environ)
    with servers.throw_away_servers(environ, places.venv):
        return run_pytest(places, arguments, environ)


def set_up(places: Places) -> None:
    """Install what tests and checks need. Raises Failure that says what to do."""
    installing.install(places, "dev.txt")
    servers.install(places, servers.wanted(places, os.environ))
    browser_libraries.provide(places)
    chromium.provide(os.environ)


def run_pytest(places: Places, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run pytest at the terminal; Ctrl-C is pytest's to handle, SIGTERM is passed on."""
    command = tied([places.python, "-m", "pytest", *arguments], signal.SIGTERM)
    with subprocess.Popen(command, cwd=ROOT, env=dict(environ)) as pytest:
        before = signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: pytest.terminate())
        try:
            return pytest.wait()
        finally:
            signal.signal(signal.SIGINT, before)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
