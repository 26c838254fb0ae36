"""What stands in the log, and what does not."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.test import Client

from apps.core.exceptions import ApplicationError
from apps.core.logging import RefusalFilter
from apps.users.models import User

BROKEN = ("multipart/form-data; boundary=" + "x" * 300, b"--x")


def record(error: BaseException, level: int = logging.ERROR) -> logging.LogRecord:
    """A line about an error, as Django writes it."""
    try:
        raise error
    except BaseException:  # noqa: BLE001 - whatever it is
        return logging.LogRecord("django", level, __file__, 1, "refused", (), sys.exc_info())


@pytest.mark.parametrize(
    "error",
    [PermissionDenied(), SuspiciousOperation(), BadRequest(), MultiPartParserError(), Http404()],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_is_a_warning_without_traceback(error: Exception) -> None:
    refusal = record(error)
    assert RefusalFilter().filter(refusal)
    assert (refusal.exc_info, refusal.levelname) == (None, "WARNING")


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), OSError(), ApplicationError()], ids=lambda error: type(error).__name__
)
def test_an_error_of_ours_keeps_its_traceback(error: Exception) -> None:
    own = record(error)
    assert RefusalFilter().filter(own)
    assert own.exc_info
    assert own.levelname == "ERROR"


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What is written to standard output by the log as it is configured."""
    (handler,) = (one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    output = StringIO()
    before = handler.setStream(output)
    yield output
    handler.setStream(before)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "status", "line"),
    [
        (lambda client: client.get("/", headers={"Host": "stranger"}), 400, "Invalid HTTP_HOST header: 'stranger'"),
        (lambda client: client.get("/staff/login/"), 403, "The staff site is for staff"),
        (
            lambda client: client.post("/password/forgotten/", {str(name): "" for name in range(2_000)}),
            400,
            "number of",
        ),
        (lambda client: client.generic("POST", "/login/", BROKEN[1], BROKEN[0]), 400, "Unable to parse request body"),
        (lambda client: client.get("/nowhere/"), 404, "Not Found: /nowhere/"),
    ],
    ids=["host", "staff", "fields", "multipart", "address"],
)
def test_pages_refuse_without_a_traceback(
    bob: User,
    browser_of: Callable[[User], Client],
    written: StringIO,
    ask: Callable[[Client], object],
    status: int,
    line: str,
) -> None:
    response = ask(browser_of(bob))
    assert response.status_code == status  # type: ignore[attr-defined]
    said = written.getvalue()
    assert line in said
    assert "Traceback" not in said
    assert " ERROR " not in said
