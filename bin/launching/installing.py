"""The virtual environment and the packages in it, installed with their hashes checked."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

from launching.console import Failure, step
from launching.places import ROOT, Places

REQUIREMENTS = ROOT / "requirements"
NETWORK = (
    "A package index must be reachable once. Behind a proxy, set HTTPS_PROXY; for an index of your own, set\n"
    "UV_DEFAULT_INDEX and PIP_INDEX_URL; for a certificate of your own, set SSL_CERT_FILE. Then run this again."
)


def install(places: Places, name: str) -> None:
    """Install a requirements file into the virtual environment, unless exactly that is there. Raises Failure."""
    # Compiled now, once, and not in each process at each start where Python may not write beside its modules.
    _install_once(places, name, "--compile-bytecode")


def install_program(places: Places, name: str) -> None:
    """Unpack a requirements file into ``places.programs``, unless exactly that is there. Raises Failure."""
    _install_once(places, name, "--target", str(places.programs))


def _install_once(places: Places, name: str, *options: str) -> None:
    if _usable(places) and marker(places, name).exists():
        return
    uv = provide_uv(places)
    with step(f"Installing requirements/{name}"):
        run_uv(uv, REQUIREMENTS / name, "--python", places.python, *options)
    _mark(places, name)


def run_uv(uv: Path, file: Path, *options: str) -> None:
    """Install exactly what a requirements file lists, with uv. Raises Failure when that does not work."""
    command = [str(uv), "pip", "install", "--quiet", "--require-hashes", "--no-deps", *options, "-r", str(file)]
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failure(f"{file.relative_to(ROOT)} could not be installed; the lines above say why.\n{NETWORK}")


def provide_uv(places: Places) -> Path:
    """Give the pinned uv in the virtual environment; make both if need be. Raises Failure."""
    uv = places.venv / "bin" / "uv"
    if _usable(places) and marker(places, "uv.txt").exists() and uv.exists():
        return uv
    if not _usable(places):
        with step(f"Making {places.venv} with Python {platform.python_version()}"):
            _make(places.venv)
    with step("Installing uv, the installer of the rest"):
        _pip_install(places, REQUIREMENTS / "uv.txt")
    _mark(places, "uv.txt")
    return uv


def _usable(places: Places) -> bool:
    """Whether the environment's interpreter starts and has pip: the Python that it was made with may be gone."""
    check = [places.python, "-c", "import pip, sys; sys.exit(sys.prefix == sys.base_prefix)"]
    try:
        return subprocess.run(check, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make(venv: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failure(
            f"{sys.executable} cannot make virtual environments: its venv module is incomplete.\n"
            f"On Debian and Ubuntu: apt-get install python{version}-venv. Then run this again."
        )
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True, check=False)
    if made.returncode:
        raise Failure(f"The virtual environment {venv} could not be made:\n{made.stdout}{made.stderr}")


def _pip_install(places: Places, file: Path) -> None:
    command = [places.python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(file)]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if subprocess.run(command, env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failure(f"uv could not be installed; the lines above say why.\n{NETWORK}")


def marker(places: Places, name: str) -> Path:
    """The file that says that exactly this content of a requirements file is installed."""
    digest = hashlib.sha256((REQUIREMENTS / name).read_bytes()).hexdigest()[:16]
    return places.venv / f".installed-{name.removesuffix('.txt')}-{digest}"


def _mark(places: Places, name: str) -> None:
    for old in places.venv.glob(f".installed-{name.removesuffix('.txt')}-*"):
        old.unlink()
    marker(places, name).touch()
