"""A variable that cannot be used is told in one line by every program that reads it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

pytestmark = pytest.mark.processes

PROGRAMS = [
    ["manage.py", "check"],
    ["-m", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:0"],
    ["-m", "celery", "-A", "config", "beat"],
]


@pytest.mark.parametrize("program", PROGRAMS, ids=["manage.py", "gunicorn", "celery"])
@pytest.mark.parametrize(("name", "value"), [("MAX_BODY_BYTES", "0"), ("REDIS_URL", "redis://host/zero")])
def test_a_bad_variable_is_told_in_one_line(program: list[str], name: str, value: str) -> None:
    environ = {**os.environ, "SECRET_KEY": "long random text", name: value}
    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name}: ")
    assert len((done.stdout + done.stderr).splitlines()) == 1
