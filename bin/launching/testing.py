"""bin/test: set up what tests need, start throw-away servers, run the fast tests or those that were asked for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from launching import browser_libraries, chromium, installing, servers
from launching.places import Places
from launching.suite import Suite

#: Each has a database and numbers of Redis of its own; who has nothing left to do takes half of what the other has.
TWO_WORKERS = ("--numprocesses=2", "--dist=worksteal")
#: The markers are explained in pyproject.toml.
FAST = (*TWO_WORKERS, "-m", "not (browser or chaos or processes or long)", "--hypothesis-profile=fast")


def run(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments, else the fast tests; give its exit code.

    Raises Failure when the set-up does not work.
    """
    with suite() as ready:
        return ready.run([ready.tests("tests", arguments or FAST)])


@contextmanager
def suite() -> Iterator[Suite]:
    """Install what tests and checks need, and have servers running for them. Raises Failure that says what to do."""
    places = Places.of(os.environ)
    installing.install(places, "dev.txt")
    servers.install(places, servers.wanted(places, os.environ))
    browser_libraries.provide(places)
    chromium.provide(os.environ)
    # What is in the shell for another server, or for another language, would change what is tested.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    with servers.throw_away_servers(environ, places.venv), tempfile.TemporaryDirectory(prefix="weir-suite-") as made:
        yield Suite(places.python, environ, Path(made))
