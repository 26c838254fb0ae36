"""The whole of bin/up: what a person sees, and what is left when it has ended."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from launching.places import ROOT, Places
from launching.postgres import Postgres
from launching.valkey import Valkey
from tests.launcher.conftest import Launch, wait_for

CRLF = "\r\n"

Start = Callable[..., Launch]

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts processes in /proc"),
]


def health(address: str) -> str:
    with urllib.request.urlopen(f"{address}/health", timeout=10) as answer:
        return str(json.load(answer)["status"])


@contextmanager
def slow_connections(address: str, number: int) -> Iterator[None]:
    """Send so many requests of which a part of the head or of the body is missing."""
    place = urlsplit(address)
    with ExitStack() as lines:
        for which in range(number):
            line = lines.enter_context(socket.create_connection((place.hostname, place.port), timeout=10))
            length = f"Content-Length: 9\r\n{which % 2 * CRLF}"
            line.sendall(f"POST /login/ HTTP/1.1\r\nHost: localhost\r\n{length}".encode())
        yield


def logins(text: str) -> list[str]:
    return re.findall(r"^.*@.*example .*$", text, re.MULTILINE)


@pytest.mark.chaos
def test_it_stops_with_ctrl_c_and_starts_again_with_its_data(launch: Start, places: Places) -> None:
    first = launch(PGHOST="/nowhere", PGOPTIONS="-c nonsense", LC_ALL="xx_XX")
    address = first.wait_until_ready()
    assert health(address) == "ok"
    with slow_connections(address, 200):
        assert health(address) == "ok"
    with psycopg.connect(Postgres(places).url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    with redis.from_url(Valkey(places).url) as client:
        client.set("kept", "42")
    assert len(logins(first.text)) == 5
    shell = [
        ROOT / "bin" / "manage",
        "shell",
        "--no-imports",
        "-c",
        "from django.conf import settings as s; print(s.REDIS_URL)",
    ]
    assert subprocess.check_output(shell, env=first.environ, text=True).strip() == Valkey(places).url

    assert first.send(signal.SIGINT) == 0
    assert first.members() == {}
    assert "Stopped." in first.text

    second = launch()
    assert health(second.wait_until_ready()) == "ok"
    with psycopg.connect(Postgres(places).url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (42,)
    with redis.from_url(Valkey(places).url) as client:
        assert client.get("kept") == b"42"
    assert logins(second.text) == logins(first.text)
    assert "Installing" not in second.text

    assert second.send(signal.SIGTERM) == 0
    assert second.members() == {}


@pytest.mark.chaos
def test_it_leaves_no_process_when_it_is_killed(launch: Start) -> None:
    up = launch(DEMO_TRAFFIC="false")
    up.wait_until_ready()
    assert "There is no demo organisation, because DEMO_TRAFFIC is false." in up.text
    names = " ".join(up.members().values())
    assert all(part in names for part in ("postgres -D", "valkey-server", "gunicorn", "pump@", "worker@", "beat"))

    assert up.send(signal.SIGKILL) == -signal.SIGKILL

    assert wait_for(lambda: not up.members(), 45), up.members()


@pytest.mark.chaos
def test_it_ends_as_a_whole_when_one_process_dies_and_recovers_at_the_next_start(launch: Start) -> None:
    up = launch(DEMO_TRAFFIC="false")
    up.wait_until_ready()

    os.kill(up.member("postgres -D"), signal.SIGKILL)

    assert up.wait() == 1
    assert "postgres ended by itself (killed by SIGKILL)" in up.text
    assert "database system is ready to accept connections" in up.text  # the last lines of its log
    assert up.members() == {}
    assert health(launch(DEMO_TRAFFIC="false").wait_until_ready()) == "ok"


def test_it_names_the_variable_to_set_when_its_port_is_taken(launch: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        up = launch(WEIR_PORT=port)

        assert up.wait() == 1
        assert f"Port {port} is taken by another program. Set WEIR_PORT" in up.text
        assert up.members() == {}


@pytest.mark.parametrize("port", ["http", "-1", "65536", "8000 "])
def test_it_refuses_a_port_that_is_none(launch: Start, port: str) -> None:
    up = launch(WEIR_PORT=port)

    assert up.wait() == 1
    assert f"WEIR_PORT (or PORT) is {port!r}" in up.text


def test_it_does_no_harm_when_another_runs_on_the_same_data(launch: Start, places: Places) -> None:
    with (places.home / "up.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)

        up = launch()

        assert up.wait() == 1
        assert f"Weir already runs on {places.home} (process 4711)" in up.text
        assert "WEIR_HOME" in up.text
        assert (places.home / "up.lock").read_text() == "4711"


def test_it_says_what_to_set_when_postgresql_cannot_start(launch: Start, places: Places) -> None:
    data = places.home / "postgres"
    data.mkdir(mode=0o700)
    (data / "postgresql.conf").touch()
    (data / "PG_VERSION").write_text("9.6\n")

    up = launch()

    assert up.wait() == 1
    assert "PostgreSQL did not start" in up.text
    assert "9.6" in up.text  # the last lines of its log
    assert "Set DATABASE_URL" in up.text
    assert up.members() == {}


def test_it_says_what_to_set_when_valkey_cannot_start(launch: Start, places: Places) -> None:
    (places.home / "valkey" / "appendonlydir").mkdir(parents=True)
    (places.home / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    up = launch(DATABASE_URL="postgresql://postgres@/weir?host=/nowhere")

    assert up.wait() == 1
    assert "Valkey did not start" in up.text
    assert "Set REDIS_URL" in up.text
    assert "Starting postgres" not in up.text  # DATABASE_URL names another
    assert up.members() == {}


def test_it_shows_the_last_lines_of_a_command_that_fails(launch: Start) -> None:
    nowhere = "postgresql://postgres@/weir?host=/nowhere"

    up = launch(DATABASE_URL=nowhere, REDIS_URL="unix:///nowhere/redis.sock")

    assert up.wait() == 1
    assert "migrate failed (exit code 1)" in up.text
    assert "/nowhere" in up.text
    assert up.members() == {}


def test_it_has_no_command_line_before_it_is_set_up(tmp_path: Path) -> None:
    environ = {**os.environ, "WEIR_HOME": str(tmp_path / "nowhere")}

    done = subprocess.run([ROOT / "bin" / "manage", "check"], env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "run bin/up first" in done.stderr


def test_it_says_how_it_is_used() -> None:
    shown = subprocess.run([ROOT / "bin" / "up", "--help"], capture_output=True, text=True, check=True)

    assert all(name in shown.stdout for name in ("DATABASE_URL", "REDIS_URL", "WEIR_PORT", "WEIR_HOME"))
