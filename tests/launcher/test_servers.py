"""The embedded servers by themselves: crashes, leftovers, odd places."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from launching import servers
from launching.console import Failure
from launching.places import ROOT, Places
from launching.postgres import Postgres, as_nobody
from launching.processes import Child
from launching.valkey import Valkey
from tests.launcher.conftest import processes_of, wait_for

pytestmark = pytest.mark.processes


def kill(child: Child) -> None:
    child.process.kill()
    child.process.wait()


def write(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")


def read(postgres: Postgres) -> object:
    with psycopg.connect(postgres.url) as connection:
        return connection.execute("SELECT number FROM kept").fetchone()


@pytest.mark.chaos
def test_it_recovers_a_postgresql_that_was_killed(postgres: Postgres) -> None:
    first = postgres.start()
    write(postgres)

    kill(first)
    second = postgres.start()

    assert read(postgres) == (42,)
    assert second.stop()


@pytest.mark.chaos
def test_it_is_not_misled_by_a_pid_that_belongs_to_another_program_now(postgres: Postgres) -> None:
    first = postgres.start()
    write(postgres)
    kill(first)
    # As after a restart of a container: the pid that the crashed server noted is that of a stranger.
    stale = postgres.data / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(first.process.pid), str(os.getpid()), 1))

    second = postgres.start()

    assert read(postgres) == (42,)
    second.stop()


@pytest.mark.chaos
def test_it_ends_a_postgresql_that_outlived_its_launcher(postgres: Postgres) -> None:
    first = postgres.start()
    write(postgres)

    second = postgres.start()

    assert first.process.wait(10) == 0  # asked to stop, not killed
    assert read(postgres) == (42,)
    second.stop()


@pytest.mark.chaos
def test_it_starts_over_after_an_interrupted_initialisation(postgres: Postgres) -> None:
    draft = postgres.data.with_name("postgres.new")
    (draft / "base").mkdir(parents=True)

    postgres.start().stop()

    assert not draft.exists()
    assert (postgres.data / "PG_VERSION").exists()


@pytest.mark.chaos
def test_it_keeps_what_valkey_was_told_when_it_is_killed(valkey: Valkey) -> None:
    first = valkey.start()
    with redis.from_url(valkey.url) as client:
        client.rpush("kept", *range(1000))

    kill(first)
    second = valkey.start()

    with redis.from_url(valkey.url) as client:
        assert client.llen("kept") == 1000
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert second.stop()


@pytest.mark.chaos
def test_it_ends_a_valkey_that_outlived_its_launcher(valkey: Valkey) -> None:
    first = valkey.start()

    second = valkey.start()

    assert first.process.wait(10) == 0
    assert second.alive
    second.stop()


def test_it_listens_on_no_network_port(valkey: Valkey, postgres: Postgres) -> None:
    children = [valkey.start(), postgres.start()]

    with redis.from_url(valkey.url) as client:
        assert client.config_get("port") == {"port": "0"}
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    for child in children:
        child.stop()


@pytest.mark.parametrize("name", ["long-" * 25, "with blanks, commas & more"])
def test_it_runs_in_places_that_no_socket_could_have(tmp_path: Path, name: str) -> None:
    places = Places(home=tmp_path / name, venv=Path(sys.prefix))
    places.prepare()

    children = [Postgres(places).start(), Valkey(places).start()]

    with psycopg.connect(Postgres(places).url) as connection:
        assert connection.execute("SHOW data_directory").fetchone() == (str(places.home / "postgres"),)
    for child in children:
        child.stop()
    assert places.sockets().stat().st_mode & 0o777 == 0o700
    shutil.rmtree(places.sockets())


def test_it_refuses_a_socket_directory_that_somebody_else_has_laid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    places = Places(home=tmp_path / ("long-" * 25), venv=Path(sys.prefix))
    sockets = places.sockets()
    sockets.rmdir()
    (tmp_path / "trap").mkdir()
    sockets.symlink_to(tmp_path / "trap")

    with pytest.raises(Failure, match="belongs to somebody else"):
        places.sockets()


def test_it_says_what_to_set_as_root_without_user_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(Failure, match=r"as another user\. Or: Set DATABASE_URL"):
        as_nobody()


@pytest.mark.parametrize(("kind", "variable"), [(Postgres, "DATABASE_URL"), (Valkey, "REDIS_URL")])
def test_it_says_what_to_set_where_there_is_no_embedded_server(
    tmp_path: Path, kind: type[Postgres | Valkey], variable: str
) -> None:
    places = Places(home=tmp_path / "home", venv=tmp_path / "venv")
    places.prepare()

    with pytest.raises(Failure, match=f"Set {variable}"):
        kind(places).start()


def test_it_uses_the_servers_that_variables_name(places: Places) -> None:
    given = {"DATABASE_URL": "postgresql://db/weir", "REDIS_URL": ""}

    assert [server.name for server in servers.wanted(places, given)] == ["valkey"]


def test_it_throws_the_servers_of_tests_away() -> None:
    environ: dict[str, str] = {}
    with servers.throw_away_servers(environ) as started:
        homes = {server.places.home for server in started if isinstance(server, Postgres | Valkey)}
        with psycopg.connect(environ["DATABASE_URL"]) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
        with redis.from_url(environ["REDIS_URL"]) as client:
            assert client.ping()

    assert environ == {}
    assert len(homes) == 1
    assert not homes.pop().exists()


@pytest.mark.chaos
def test_its_servers_end_when_a_test_run_is_killed() -> None:
    program = (
        "import sys, time; sys.path[:0] = ['bin']\n"
        "from launching.servers import throw_away_servers\n"
        "with throw_away_servers({}) as started:\n"
        "    print(started[0].places.home, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        assert run.stdout is not None
        home = Path(run.stdout.readline().strip())
        assert len(processes_of(home)) >= 2
        run.send_signal(signal.SIGKILL)

    assert wait_for(lambda: not processes_of(home), 30), processes_of(home)
    shutil.rmtree(home)
