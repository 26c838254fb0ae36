"""Checks and tests as processes: some at the terminal, others beside them, and one line that counts all tests."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from launching.console import say
from launching.places import ROOT
from launching.processes import tied

OUTCOMES = ("tests", "failures", "errors", "skipped")  # as a report calls them; tests are those of any outcome


@dataclass(frozen=True)
class Count:
    """How many tests came to which end."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")

    @classmethod
    def of(cls, report: Path) -> Count:
        """Read what pytest wrote for ``--junit-xml``, all zero where it wrote nothing. Errors are failures."""
        if not report.exists():
            return cls()
        suite = next(ET.parse(report).iter("testsuite"))
        tests, failures, errors, skipped = (int(suite.get(name, 0)) for name in OUTCOMES)
        return cls(tests - failures - errors - skipped, failures + errors, skipped)


@dataclass(frozen=True)
class Step:
    """Arguments for Python, whose exit code says whether something is right, and what else its environment has."""

    name: str
    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What stands above its output."""
        return f"--- {self.name}: {' '.join(self.arguments)}"


class Suite:
    """Runs steps, all of them, whatever becomes of the others; Ctrl-C and SIGTERM end it.

    ``directory`` takes logs and reports, by the names of steps.
    """

    def __init__(self, python: str, environ: Mapping[str, str], directory: Path) -> None:
        self._python = python
        self._environ = environ
        self._directory = directory
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def tests(self, name: str, arguments: Sequence[str]) -> Step:
        """Give the step that runs pytest with these arguments, and counts."""
        return Step(name, ["-m", "pytest", *arguments, f"--junit-xml={self._report(name)}"])

    def run(self, steps: Sequence[Step], beside: Sequence[Step] = ()) -> int:
        """Run steps at the terminal, and others beside them whose output comes at the end.

        The last line counts the tests of all steps. Gives the first exit code that is not 0, else 0.
        """
        with self._ended_by_signals(), ThreadPoolExecutor(1) as thread:
            # One after the other by the same thread: a child is ended when the thread that started it ends.
            others = thread.submit(lambda: [self._run_beside(step) for step in beside])
            codes = [self._run(step) for step in steps] + others.result()
        for step in beside:
            say(f"\n{step.title}\n{self._log(step.name).read_text(errors='replace').rstrip()}")
        self._conclude({step.name: code for step, code in zip([*steps, *beside], codes, strict=True)})
        return next(filter(None, codes), 0)

    def _conclude(self, codes: Mapping[str, int]) -> None:
        if failed := [name for name, code in codes.items() if code]:
            say(f"\nFailed: {', '.join(failed)}. What each of them said is above.")
        say(f"\n{sum((self._count(name, code) for name, code in codes.items()), Count())}")

    def _count(self, name: str, code: int) -> Count:
        """Count the tests of a step. A failure that none of them tells of, as that of a check, counts as one."""
        count = Count.of(self._report(name))
        return replace(count, failed=1) if code and not count.failed else count

    def _report(self, name: str) -> Path:
        return self._directory / f"{name}.xml"

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def _run_beside(self, step: Step) -> int:
        with self._log(step.name).open("wb") as log:
            return self._wait_for(step, log)

    def _run(self, step: Step) -> int:
        say(step.title)
        return self._wait_for(step, None)

    def _wait_for(self, step: Step, output: IO[bytes] | None) -> int:
        if self._is_over:
            return 1
        command = tied([self._python, *step.arguments], signal.SIGTERM)
        environ = {**self._environ, **step.variables}
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output) as process:
            self._running.add(process)
            return process.wait()

    @contextmanager
    def _ended_by_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM)}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    def _end(self, number: int, _frame: object) -> None:
        """Start nothing more. Ctrl-C has reached every process already, SIGTERM only this one."""
        self._is_over = True
        for process in self._running if number == signal.SIGTERM else ():
            process.terminate()
