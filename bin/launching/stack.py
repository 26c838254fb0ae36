"""Everything that runs when Weir runs, in the order in which it starts."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence

from launching import environment, listening
from launching.console import Failure, step
from launching.servers import Server
from launching.supervisor import Supervisor

LONGEST_START = 120.0  # seconds until the web server must answer


def start(supervisor: Supervisor, embedded: Sequence[Server], web_socket: socket.socket) -> str:
    """Start everything in order; give what ``manage.py demo`` printed, empty when there is no demo."""
    places = supervisor.places
    for server in embedded:
        with step(f"Starting {server.name}"):
            supervisor.add(server.start(supervisor.look))
    environ = environment.for_running(places, os.environ, embedded)
    logins = prepare_database(supervisor, environ)
    with step("Starting web, worker, pump and beat"):
        start_processes(supervisor, environ, web_socket)
        wait_until_healthy(supervisor, environ, web_socket)
    return logins


def prepare_database(supervisor: Supervisor, environ: Mapping[str, str]) -> str:
    """Bring tables and partitions up to date; make the demo organisation if it is wanted."""
    manage = [supervisor.places.python, "manage.py"]
    with step("Preparing the database"):
        supervisor.run("migrate", [*manage, "migrate", "--no-input"], environ)
        supervisor.run("partitions", [*manage, "partitions"], environ)
        if not environment.wants_demo_traffic(environ):
            return ""
        file = supervisor.places.home / "demo-logins.json"
        return supervisor.run("demo", [*manage, "demo", "--logins", file], environ)


def start_processes(supervisor: Supervisor, environ: Mapping[str, str], web_socket: socket.socket) -> None:
    """Start what the Procfile names, with the sizes that suit one machine."""
    python = supervisor.places.python
    bind = f"fd://{web_socket.fileno()}"
    web = [python, "-m", "gunicorn", "config.wsgi", "--bind", bind, "--workers", "2"]
    web += ["--graceful-timeout", "8", "--no-control-socket"]
    supervisor.start("web", web, environ, keep=[web_socket.fileno()])
    celery = [python, "-m", "celery", "--app", "config.celery"]
    worker = [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--hostname"]
    # Threads, not processes: a worker process that is told to end loses the task it runs.
    pool = ["worker@%h", "--queues", "weir", "--pool", "threads", "--concurrency", "4"]
    supervisor.start("worker", [*worker, *pool], environ, grace=15)
    # The pump alone: a drain switches the garbage collector of its process off. A drain of much takes long, and may be
    # killed anywhere.
    supervisor.start("pump", [*worker, "pump@%h", "--queues", "pump", "--pool", "solo"], environ, grace=5)
    schedule = supervisor.places.home / "beat" / "schedule"
    schedule.parent.mkdir(mode=0o700, exist_ok=True)
    supervisor.start("beat", [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"], environ)
    if environment.wants_demo_traffic(environ):
        supervisor.start("demo_traffic", [python, "-u", "manage.py", "demo_traffic"], environ)


def wait_until_healthy(supervisor: Supervisor, environ: Mapping[str, str], web_socket: socket.socket) -> None:
    """Wait until the web server answers on our socket. Raises Failure."""
    if not supervisor.wait_for(lambda: listening.is_healthy(web_socket, environ), LONGEST_START):
        raise Failure(
            f"The web server does not answer {listening.HEALTH} as it should after {LONGEST_START:.0f} s.\n"
            f"Its log: {supervisor.places.log('web')}"
        )
