"""Where everything is: the project, its virtual environment, its data, its sockets."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launching.console import Failure

ROOT = Path(__file__).resolve().parents[2]

# sun_path of a socket address holds 108 bytes on Linux and 104 on macOS, and PostgreSQL adds a name to the directory.
LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"

PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Places:
    """The directories that one run of the launcher uses.

    ``home`` holds all data (``WEIR_HOME``, else ``var/`` of the project); ``venv`` the installed packages
    (``WEIR_VENV``, else ``.venv/``).
    """

    home: Path
    venv: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Places:
        """Read the two variables that move directories."""
        return cls(
            home=Path(environ.get("WEIR_HOME") or ROOT / "var").absolute(),
            venv=Path(environ.get("WEIR_VENV") or ROOT / ".venv").absolute(),
        )

    @property
    def python(self) -> str:
        """The interpreter that has Weir's packages."""
        return str(self.venv / "bin" / "python")

    @property
    def logs(self) -> Path:
        """One ``name.log`` for each process."""
        return self.home / "log"

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the data directories, readable by their owner only.

        Raises Failure where that is not possible.
        """
        try:
            for directory in (self.home, self.logs):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.chmod(0o700)
        except OSError as error:
            raise Failure(
                f"Cannot make {self.home}: {error.strerror}. Set WEIR_HOME to a directory you may write."
            ) from error

    def sockets(self) -> Path:
        """Make the directory for Unix sockets: in ``home``, or else in the temporary directory.

        Else is when the path is too long for a socket or has characters that need quoting in URLs and settings.

        Raises Failure when the directory belongs to somebody else.
        """
        sockets = self.home / "run"
        too_long = len(os.fsencode(sockets / LONGEST_SOCKET_NAME)) > LONGEST_SOCKET_PATH
        if too_long or not PLAIN_PATH.fullmatch(str(sockets)):
            digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
            sockets = Path(tempfile.gettempdir()) / f"weir-{os.geteuid()}-{digest}"
        sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sockets.is_symlink() or sockets.stat().st_uid != os.geteuid():
            raise Failure(f"{sockets} belongs to somebody else; set TMPDIR to a directory of your own.")
        sockets.chmod(0o700)
        return sockets

    @property
    def programs(self) -> Path:
        """Where wheels are unpacked of which only programs are used, so that nothing imports their Python."""
        return self.venv / "programs"
