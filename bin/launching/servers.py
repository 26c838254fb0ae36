"""The stores that Weir needs: given ones where a variable names them, else embedded ones."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from launching import installing
from launching.console import Failure
from launching.places import Places
from launching.postgres import Postgres
from launching.processes import Child
from launching.valkey import Valkey


class Server(Protocol):
    """A store that can be embedded, and the variable that makes that unnecessary."""

    @property
    def name(self) -> str:
        """Its name in messages and logs."""

    @property
    def variable(self) -> str:
        """The environment variable that leads to it."""

    @property
    def requirements(self) -> str:
        """The file in requirements/ that installs it."""

    @property
    def instead(self) -> str:
        """What to do where it does not run."""

    @property
    def url(self) -> str:
        """The value of ``variable`` that leads to it."""

    def start(self, look: Callable[[], None] = ...) -> Child:
        """Start it; return when it is ready."""


def wanted(places: Places, environ: Mapping[str, str], *, durable: bool = True) -> list[Server]:
    """Give the servers to embed: those whose variable names no server."""
    servers: list[Server] = [Postgres(places, durable), Valkey(places, durable)]
    return [server for server in servers if not environ.get(server.variable)]


def install(places: Places, servers: Sequence[Server]) -> None:
    """Install the programs of these servers. Raises Failure that says what to set where there is none."""
    for server in servers:
        try:
            installing.install_program(places, server.requirements)
        except Failure as failure:
            raise Failure(f"{failure}\nThere may be no {server.name} for this machine. {server.instead}") from failure


@contextmanager
def throw_away_servers(environ: MutableMapping[str, str], venv: Path = Path(sys.prefix)) -> Iterator[list[Server]]:
    """Run servers for tests in a temporary directory, name them in ``environ``, and leave nothing behind.

    A server that ``environ`` names already is used as it is. Yields those that were started.
    """
    home = Path(tempfile.mkdtemp(prefix="weir-"))
    places = Places(home=home, venv=venv)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        places.prepare()
        servers = wanted(places, environ, durable=False)
        for server in servers:
            stack.callback(server.start().stop)
            environ[server.variable] = server.url
            stack.callback(environ.pop, server.variable, None)
        yield servers
