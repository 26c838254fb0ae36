"""bin/up: set Weir up if need be, then run all of it until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from launching import browser_libraries, environment, installing, listening, servers, stack
from launching.console import Failure, say
from launching.places import Places
from launching.servers import Server
from launching.supervisor import Stopped, Supervisor

OWN_LOGIN = "DEMO_TRAFFIC=true makes one. For a log-in of your own: bin/manage createsuperuser"
USAGE = """usage: bin/up

Sets Weir up if need be, then runs it until Ctrl-C. What it heeds, all of it optional:

  DATABASE_URL, REDIS_URL  servers of yours instead of the embedded ones
  WEIR_HOST, WEIR_PORT     where to listen (127.0.0.1, 8000)
  WEIR_HOME, WEIR_VENV     where data and packages are (var/, .venv/)
  WEIR_PYTHON              the Python to use
  DEMO_TRAFFIC             false: no demo organisation, no made-up traffic

and every setting in docs/configuration.md."""


def run(arguments: Sequence[str]) -> int:
    """Run Weir. Gives 0 after Ctrl-C or SIGTERM; raises Failure when something is amiss."""
    if arguments:
        say(USAGE)
        return 0 if arguments[0] in {"-h", "--help"} else 2
    began = time.monotonic()
    places = Places.of(os.environ)
    places.prepare()
    with only_one(places), listening.listener(os.environ) as web_socket:
        embedded = servers.wanted(places, os.environ)
        set_up(places, embedded)
        supervisor = Supervisor(places)
        supervisor.listen()
        try:
            logins = stack.start(supervisor, embedded, web_socket)
            announce(places, listening.address(web_socket), logins, time.monotonic() - began)
            supervisor.watch()
        except Stopped:
            say("\nStopping.")
        finally:
            supervisor.stop()
        say("Stopped. The data stays.")
    return 0


@contextmanager
def only_one(places: Places) -> Iterator[None]:
    """Hold the data directory. Raises Failure when another bin/up has it."""
    with (places.home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Failure(
                f"Weir already runs on {places.home} (process {lock.read().strip()}).\n"
                "Stop it with Ctrl-C there, or set WEIR_HOME and WEIR_PORT to run another beside it."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def set_up(places: Places, embedded: Sequence[Server]) -> None:
    """Install what is missing. Raises Failure that says what to do."""
    installing.install(places, "base.txt")
    servers.install(places, embedded)
    browser_libraries.provide(places)


def announce(places: Places, address: str, logins: str, seconds: float) -> None:
    """Say where Weir is, how to log in, and where to look when something is wrong."""
    say(f"\nWeir is ready after {seconds:.0f} s: {address}/   (staff: {address}/staff/)\n")
    say(logins.rstrip() or f"{environment.why_no_demo(os.environ)}\n{OWN_LOGIN}")
    mails = (
        "" if os.environ.get("EMAIL_URL") or os.environ.get("EMAIL_URL_FILE") else f"    Mails: {places.home}/mails/"
    )
    say(f"\nLogs: {places.logs}/*.log{mails}    Stop: Ctrl-C")
