"""Children: how they are stopped, what is said of them, that they do not outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launching import processes
from launching.console import Failure
from launching.places import Places
from launching.processes import TIED, Child
from launching.supervisor import Stopped, Supervisor
from tests.launcher.conftest import wait_for

pytestmark = pytest.mark.processes

STUBBORN = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WITH_CHILD = (
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(child.pid, flush=True)\n"
)
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def supervisor(places: Places) -> Iterator[Supervisor]:
    """One that has started nothing; its signal handlers are taken back after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    supervisor = Supervisor(places)
    yield supervisor
    supervisor.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def written(log: Path) -> Callable[[], bool]:
    return lambda: log.exists() and log.read_text().endswith("\n")


def test_it_stops_a_child_with_its_signal(places: Places) -> None:
    child = processes.start("a", python(SLEEP), log=places.log("a"))

    assert child.alive
    assert child.stop()
    assert child.how_it_ended() == "killed by SIGTERM"


@pytest.mark.chaos
def test_it_kills_a_child_that_does_not_stop_with_all_that_it_started(places: Places) -> None:
    program = STUBBORN + WITH_CHILD + "time.sleep(60)"
    child = processes.start("stubborn", python(program), log=places.log("stubborn"), grace=0.2)
    assert wait_for(written(child.log), 20)

    assert not child.stop()

    grandchild = int(child.log.read_text())
    assert child.how_it_ended() == "killed by SIGKILL"
    assert wait_for(lambda: not processes.arguments(grandchild)[1:], 10)


@pytest.mark.chaos
def test_a_child_ends_when_its_parent_is_killed(places: Places) -> None:
    program = (
        "import sys, pathlib, time; sys.path[:0] = ['bin']\n"
        "from launching import processes\n"
        f"child = processes.start('tied', ['sleep', '60'], log=pathlib.Path({str(places.log('tied'))!r}))\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert wait_for(lambda: processes.arguments(pid)[:1] == ["sleep"], 10)
        parent.kill()

    assert wait_for(lambda: not processes.arguments(pid)[1:], 10)


def test_a_child_does_not_even_begin_when_its_parent_is_gone_already() -> None:
    stranger = str(os.getpid() + 1)
    command = [sys.executable, TIED, str(int(signal.SIGTERM)), stranger, "echo", "begun"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")


def test_it_keeps_the_log_of_the_run_before(places: Places) -> None:
    for word in ("first", "second"):
        child = processes.start("a", python(f"print({word!r})"), log=places.log("a"))
        child.process.wait()

    assert places.log("a").read_text() == "second\n"
    assert (places.logs / "a.log.1").read_text() == "first\n"


def test_it_names_a_child_that_ends_by_itself(supervisor: Supervisor) -> None:
    supervisor.start("brief", python("print('why it ended'); raise SystemExit(3)"), os.environ)

    with pytest.raises(Failure, match=r"(?s)brief ended by itself \(exit code 3\).*why it ended.*brief\.log.*again"):
        supervisor.watch()


def test_it_stops_the_last_started_first(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []
    stop = Child.stop
    monkeypatch.setattr(Child, "stop", lambda child: (stopped.append(child.name), stop(child))[1])
    for name in ("a", "b", "c"):
        supervisor.start(name, python(SLEEP), os.environ)

    supervisor.stop()

    assert stopped == ["c", "b", "a"]


def test_it_says_which_child_had_to_be_killed(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    child = supervisor.start("stubborn", python(STUBBORN + "print(flush=True); time.sleep(60)"), os.environ, grace=0.1)
    assert wait_for(written(child.log), 20)

    supervisor.stop()

    assert "stubborn was still busy after 0 s and was killed" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_notices_who_wants_it_to_end(supervisor: Supervisor, number: signal.Signals) -> None:
    signal.signal(number, signal.default_int_handler)  # the tests themselves may run under nohup
    supervisor.listen()
    os.kill(os.getpid(), number)

    with pytest.raises(Stopped):
        supervisor.watch()


def test_it_lives_on_without_a_terminal_when_nohup_says_so(supervisor: Supervisor) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    supervisor.listen()
    os.kill(os.getpid(), signal.SIGHUP)

    assert not supervisor.wait_for(lambda: False, limit=0.2)


def test_it_gives_what_a_command_prints(supervisor: Supervisor) -> None:
    assert supervisor.run("command", python("print('done')"), os.environ) == "done\n"


def test_it_shows_the_last_lines_of_a_command_that_fails(supervisor: Supervisor) -> None:
    with pytest.raises(Failure, match=r"(?s)command failed \(exit code 1\).*ValueError: why"):
        supervisor.run("command", python("raise ValueError('why')"), os.environ)


def test_it_interrupts_a_command_when_it_is_to_end(supervisor: Supervisor) -> None:
    supervisor.listen()
    began = time.monotonic()
    interrupt = f"import os, time; os.kill({os.getpid()}, {int(signal.SIGINT)}); time.sleep(60)"

    with pytest.raises(Stopped):
        supervisor.run("command", python(interrupt), os.environ)

    assert time.monotonic() - began < 30
