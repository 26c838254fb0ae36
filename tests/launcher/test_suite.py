"""What bin/test and bin/check make of several processes: one count, one exit code, no output mixed up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launching.places import ROOT
from launching.suite import Count, Step, Suite
from tests.launcher.conftest import wait_for

TESTS = """
import pytest
def test_right(): pass
def test_wrong(): assert WRONG == 0
@pytest.mark.skip
def test_left_out(): pass
@pytest.fixture
def breaks_afterwards():
    yield
    assert WRONG == 0
def test_right_at_first(breaks_afterwards): pass
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """One that runs programs in Python."""
    return Suite(sys.executable, os.environ, tmp_path)


def program(name: str, text: str) -> Step:
    return Step(name, ["-c", text])


def run_of_pytest(suite: Suite, directory: Path, name: str, wrong: int) -> Step:
    """Make a step that runs pytest on a file of its own, with nothing of this project."""
    file = directory / name / "test_it.py"
    file.parent.mkdir()
    file.write_text(f"WRONG = {wrong}\n{TESTS}")
    return suite.tests(name, ["-q", "-p", "no:django", "-p", "no:randomly", "-c", os.devnull, str(file)])


@pytest.mark.processes
def test_it_counts_the_tests_of_all_processes(suite: Suite, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = suite.run([run_of_pytest(suite, tmp_path, "here", 0)], [run_of_pytest(suite, tmp_path, "beside", 0)])

    assert (code, capfd.readouterr().out.splitlines()[-1]) == (0, "6 passed, 0 failed, 2 skipped")


@pytest.mark.processes
def test_a_failure_beside_fails_the_whole(suite: Suite, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = suite.run([run_of_pytest(suite, tmp_path, "here", 0)], [run_of_pytest(suite, tmp_path, "beside", 1)])

    printed = capfd.readouterr().out.splitlines()
    assert (code, printed[-1]) == (1, "4 passed, 2 failed, 2 skipped")
    assert "Failed: beside. What each of them said is above." in printed


def test_a_check_that_fails_counts_and_the_others_are_run(suite: Suite, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [program("first", "raise SystemExit(3)"), program("second", "print('second was run')")]

    code = suite.run(steps, [program("third", "print('third was run')")])

    printed = capfd.readouterr().out
    assert (code, printed.splitlines()[-1]) == (3, "0 passed, 1 failed")
    assert printed.index("second was run") < printed.index("third was run")


def test_output_beside_comes_at_the_end_with_its_errors(suite: Suite, capfd: pytest.CaptureFixture[str]) -> None:
    beside = program("beside", "import sys; print('out', flush=True); print('error', file=sys.stderr)")

    suite.run([program("here", "import time; time.sleep(0.5); print('here')")], [beside])

    printed = capfd.readouterr().out.split()
    assert printed.index("here") < printed.index("out") < printed.index("error")


def test_nothing_is_counted_where_pytest_came_to_nothing(tmp_path: Path) -> None:
    assert Count.of(tmp_path / "missing.xml") == Count(0, 0, 0)


@pytest.mark.processes
def test_it_passes_sigterm_on_and_starts_nothing_more(tmp_path: Path) -> None:
    begun, after = tmp_path / "begun", tmp_path / "after"
    touch = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"
    text = (
        "import os, sys; sys.path[:0] = ['bin']\n"
        "from pathlib import Path\n"
        "from launching.suite import Step, Suite\n"
        f"steps = Step('long', ['-c', {touch + '; import time; time.sleep(60)'!r}, {str(begun)!r}]),"
        f" Step('after', ['-c', {touch!r}, {str(after)!r}])\n"
        f"sys.exit(Suite(sys.executable, os.environ, Path({str(tmp_path)!r})).run(steps))\n"
    )
    with subprocess.Popen([sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert wait_for(begun.exists, 20)
        run.send_signal(signal.SIGTERM)
        printed, _ = run.communicate(timeout=20)

    assert run.returncode != 0
    assert printed.splitlines()[-1] == "0 passed, 2 failed"
    assert not after.exists()
