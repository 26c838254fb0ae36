"""The browser of the browser tests: one that is there, else Debian's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launching.console import Failure, complain, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
MISSING = "no Chromium was found. Install one, or name its program in CHROMIUM."
# Text without any font has no width, and then nothing on a page can be seen or clicked.
PACKAGES = ("chromium", "fonts-dejavu-core")


def find() -> str | None:
    """Give the path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), str(MAC) if MAC.exists() else None)


def provide(environ: Mapping[str, str]) -> None:
    """See to it that there is a Chromium: install Debian's as root, else say that browser tests are skipped.

    Raises Failure on CI (``CI`` is set) when there is none at the end.
    """
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step(f"Installing {' and '.join(PACKAGES)} with apt-get for the browser tests"):
            _install(environ)
    if find():
        return
    if environ.get("CI"):
        raise Failure(f"The browser tests must run on CI, but {MISSING}")
    complain(f"Browser tests are skipped: {MISSING}")


def _install(environ: Mapping[str, str]) -> None:
    quiet = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            complain(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
            return
