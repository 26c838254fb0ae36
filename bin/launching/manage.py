"""bin/manage: a management command with the settings of bin/up, against the servers that it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence

from launching import environment, servers
from launching.console import Failure
from launching.places import ROOT, Places


def run(arguments: Sequence[str]) -> int:
    """Become ``manage.py`` with these arguments. Raises Failure when Weir is not set up."""
    places = Places.of(os.environ)
    if not (places.venv.exists() and places.home.exists()):
        raise Failure("Weir is not set up yet: run bin/up first.")
    environ = environment.for_running(places, os.environ, servers.wanted(places, os.environ))
    os.chdir(ROOT)
    os.execve(places.python, [places.python, "manage.py", *arguments], environ)
