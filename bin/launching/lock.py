"""bin/lock: write requirements/*.txt and package-lock.json anew, with the hash of every file in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from launching.console import Failure, say, step
from launching.installing import provide_uv
from launching.places import ROOT, Places

OLDEST_PYTHON = "3.11"
# Each with what it must agree with, so that one environment can hold them all.
FILES: dict[str, Sequence[str]] = {
    "base": (),
    "dev": ("--constraint", "requirements/base.txt"),
    "postgres": ("--no-deps",),
    "valkey": ("--no-deps",),
    "node": ("--no-deps",),
    "uv": (),
}


def run(arguments: Sequence[str]) -> int:
    """Lock again. ``--upgrade`` (or any other option of ``uv pip compile``) is passed on."""
    uv = provide_uv(Places.of(os.environ))
    for name, options in FILES.items():
        with step(f"requirements/{name}.txt"):
            _compile(str(uv), name, [*options, *arguments])
    if shutil.which("npm"):
        with step("package-lock.json"):
            _check(["npm", "install", "--package-lock-only", "--ignore-scripts"])
    else:
        say("package-lock.json is left as it is: there is no npm on this machine.")
    return 0


def _compile(uv: str, name: str, options: Sequence[str]) -> None:
    command = [uv, "pip", "compile", "--universal", "--generate-hashes", "--python-version", OLDEST_PYTHON]
    # Without these two the file would name the registry or the machine that it was made with.
    command += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "bin/lock", "--quiet"]
    _check([*command, *options, f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"])


def _check(command: Sequence[str]) -> None:
    if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Failure(f"{' '.join(command)} failed.")
