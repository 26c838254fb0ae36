"""Starting and stopping one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from launching.places import ROOT

TIED = Path(__file__).with_name("tied.py")
#: What every program needs of the machine. Not the locale, and nothing that libpq reads: both would change what the
#: embedded servers do.
OF_THE_MACHINE = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TERM", "LD_LIBRARY_PATH", "WEIR_HOME")


def bare_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give what every child finds in its environment, whatever else it needs."""
    return {name: given[name] for name in OF_THE_MACHINE if name in given} | {"LC_ALL": "C"}


@dataclass
class Child:
    """A process that we started. ``grace`` is the seconds from its stop signal to SIGKILL."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def stop(self) -> bool:
        """End it and whatever it started. Say whether its own signal was enough."""
        if self.alive:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(self.grace)
            return True
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._kill_group()
            self.process.wait()

    def _kill_group(self) -> None:
        # It leads a process group, where workers may outlive a leader that was killed.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def how_it_ended(self) -> str:
        """Tell the exit code or the signal, in words."""
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def tied(command: Sequence[str | Path], orphan_signal: signal.Signals) -> list[str]:
    """Spell a command so that it gets the signal when this process ends (see tied.py)."""
    launch = [sys.executable, "-I", "-S", str(TIED), str(int(orphan_signal)), str(os.getpid())]
    return launch + [str(part) for part in command]


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    orphan_signal: signal.Signals | None = None,
    grace: float = 10.0,
    keep: Sequence[int] = (),
) -> Child:
    """Start a process in a session of its own, so that Ctrl-C reaches only the launcher.

    Its output goes to ``log``; the output of the run before is kept beside it as ``NAME.log.1``. ``keep``
    are file descriptors that it inherits. Without ``environ`` it has the bare one. It gets ``orphan_signal`` (else
    ``stop_signal``) when this process is killed.
    """
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            tied(command, orphan_signal or stop_signal),
            cwd=ROOT,
            env=bare_environment(os.environ) if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(keep),
        )
    return Child(name, process, log, stop_signal, grace)


def exists(pid: int) -> bool:
    """Whether a process has this pid; a dead one that nobody has asked about counts too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def arguments(pid: int) -> list[str]:
    """Give the command line of a process, empty when there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    if pid <= 0 or Path("/proc/self").exists():
        return []
    shown = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)
    return shown.stdout.split()
