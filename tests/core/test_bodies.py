"""Bodies: read before anything else, bounded, of whatever length they say they are."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.core.middleware import BodyMiddleware
from apps.users.models import User

pytestmark = pytest.mark.django_db


class Watched(io.BytesIO):
    """A body that notes whether a transaction was open when it was read."""

    was_open: bool | None = None

    def read(self, *arguments: Any) -> bytes:
        self.was_open = any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
        return super().read(*arguments)


@pytest.mark.parametrize("path", ["/login/", "/api/users", "/admin/organisations"])
def test_a_body_is_read_before_the_transaction(path: str) -> None:
    body = Watched(b"{}")
    environ = {"wsgi.input": body, "CONTENT_LENGTH": "2"}
    Client().generic("POST", path, content_type="application/json", **environ)  # type: ignore[arg-type]
    assert body.was_open is False


@pytest.mark.parametrize(("size", "status"), [(100, 403), (101, 413)])
def test_rest_refuses_what_is_too_large(
    rest: Callable[..., APIClient], alice: User, settings: Settings, size: int, status: int
) -> None:
    settings.MAX_BODY_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = rest(alice).generic("POST", "/api/users", b"x" * size, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["Status"] == "Error"


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_pages_refuse_what_is_too_large(settings: Settings, content_type: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = Client().generic("POST", "/login/", b"x" * 101, content_type=content_type)
    assert (answer.status_code, b"MAX_BODY_BYTES" in answer.content) == (413, True)


def test_a_body_that_breaks_off_is_no_error_of_ours() -> None:
    class Broken(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise OSError("connection reset")

    request = RequestFactory().generic("POST", "/api/users", **{"wsgi.input": Broken(), "CONTENT_LENGTH": "5"})  # type: ignore[arg-type]

    def never(_request: HttpRequest) -> HttpResponse:
        raise AssertionError

    assert BodyMiddleware(never)(request).status_code == 400


def posted(client: APIClient, body: bytes, **environ: Any) -> str:
    """Send a search without a length, as servers hand on ``Transfer-Encoding: chunked``; give the status."""
    environ |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/users/search",
        "CONTENT_TYPE": "application/json",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_AUTHORIZATION": client._credentials["HTTP_AUTHORIZATION"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
    }
    setup_testing_defaults(environ)
    told: list[str] = []
    import_string("config.wsgi.application")(environ, lambda status, *_: told.append(status))
    return told[0]


def test_a_body_of_unknown_length_is_read(
    rest: Callable[..., APIClient], alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECRET_KEY = "long random text"  # or it would not start
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)  # it has the test's transaction
    assert posted(rest(alice), json.dumps({"filters": {"query": "a"}}).encode()) == "200 OK"
    assert posted(rest(alice), b'{"filters": ') == "400 Bad Request"  # it was read, and is malformed
    settings.MAX_BODY_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert posted(rest(alice), b" " * 101) == "413 Request Entity Too Large"
