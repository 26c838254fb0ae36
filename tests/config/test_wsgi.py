"""What a web server calls."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connection
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.users.models import User
from tests.architecture.source import ROOT


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["zlib", '"rot13"', "HEX ", "utf-16", "latin-1", "nonsense", "utf-8"])
def test_it_reads_utf_8_whatever_the_character_set(
    rest: Callable[..., APIClient], alice: User, charset: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECRET_KEY = "long random text"  # or it would not start
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)  # it has the test's transaction
    application: Any = import_string("config.wsgi.application")
    body = '{"filters": {"query": "ü"}}'.encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/users/search",
        "QUERY_STRING": "p=%C3%BC",
        "CONTENT_TYPE": f"application/json; Charset={charset}; a=b",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": rest(alice)._credentials["HTTP_AUTHORIZATION"],
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    told: list[str] = []
    application(environ, lambda status, headers, *_: told.append(status))
    assert told == ["200 OK"]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("variables", "cause"),
    [({"SECRET_KEY": ""}, "core.E001"), ({"PAGE_SIZE": "0"}, "PAGE_SIZE: '0' is not"), ({}, "")],
    ids=["default secret", "no pages", "sound"],
)
def test_it_does_not_start_with_settings_that_cannot_work(variables: dict[str, str], cause: str) -> None:
    environment = {**os.environ, "DEBUG": "false", "SECRET_KEY": "long random text", **variables}
    run = [sys.executable, "-c", "import config.wsgi"]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode == 0) == (cause == ""), done.stderr
    assert cause in done.stderr
