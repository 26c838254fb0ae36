"""One shape for every answer that is not data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.db.utils import OperationalError
from django.http import Http404
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.exceptions import APIException
from rest_framework.test import APIClient

from apps.core.envelope import status_and_message
from apps.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]


def error(message: str) -> dict[str, str | None]:
    return {"Status": "Error", "Message": message, "Meta": None}


def test_it_answers_writes_with_status_message_and_meta(rest: Rest, alice: User) -> None:
    response = rest(alice).post("/api/people", {"email": "x@example.com"})
    assert response.json() == {"Status": "OK", "Message": "Person read", "Meta": "x@example.com"}
    assert response["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "text/csv;q=1, */*;q=0", "a/b, " * 100])
def test_it_answers_json_whatever_is_accepted(rest: Rest, alice: User, accept: str) -> None:
    for answer in (rest(alice).get("/api/people", HTTP_ACCEPT=accept), rest().get("/api/people", HTTP_ACCEPT=accept)):
        assert answer["Content-Type"] == "application/json; charset=utf-8"
        assert answer.status_code == (200 if "people" in answer.json() else 401)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "nonsense", "a/b; c=d", "a/" + "b" * 300]
)
def test_it_reads_json_whatever_the_content_type(rest: Rest, alice: User, content_type: str) -> None:
    response = rest(alice).generic("POST", "/api/people", '{"email": "x"}', content_type=content_type)
    assert (response.status_code, response.json()["Meta"]) == (200, "x")


def test_a_body_that_does_not_parse_is_malformed(rest: Rest, alice: User) -> None:
    response = rest(alice).generic("POST", "/api/people", "{", content_type="application/json")
    assert (response.status_code, response.json()) == (403, error("Request body malformed"))


@pytest.mark.parametrize(
    "body",
    [
        '{"email": "\\u0000"}',
        '{"\\u0000": 1}',
        '["\\ud800"]',
        "[1e999]",
        "[NaN]",
        "[" * 100_000,
        '{"a":' * 101 + "1" + "}" * 101,
        '"\xff"',
    ],
    ids=["NUL", "NUL in a name", "half a pair", "infinite", "no number", "deep", "deep object", "no UTF-8"],
)
def test_a_body_that_cannot_be_stored_is_malformed(rest: Rest, alice: User, body: str) -> None:
    response = rest(alice).generic("POST", "/api/people", body.encode("latin-1"), content_type="application/json")
    assert (response.status_code, response.json()) == (403, error("Request body malformed"))


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"filters": {"query": "x"}}', 200),
        ('{"filters": {"query": "x"}, "csrfmiddlewaretoken": 5}', 200),
        ("[]", 400),
        ("&a=" * 1_001, 400),
    ],
)
def test_a_session_reads_json_whatever_the_content_type(
    alice: User, content_type: str, body: str, expected: int
) -> None:
    """Its CSRF token stands in a header: nothing looks for it in what is said to be a form."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.cookies["csrftoken"] = token = "t" * 32
    response = browser.generic("POST", "/api/users/search", body, content_type, headers={"X-CSRFToken": token})
    assert response.status_code == expected
    unmarked = browser.generic("POST", "/api/users/search", body, content_type)
    assert "CSRF" in unmarked.json()["Message"]


def test_a_huge_body_is_refused(rest: Rest, alice: User, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    response = rest(alice).post("/api/people", {"email": "x" * 1_000})
    assert (response.status_code, response.json()) == (413, error("Request body too large"))


@pytest.mark.parametrize("path", ["/api/sso", "/admin/sso", "/api/users/search", "/admin/organisations/import"])
def test_a_huge_body_is_refused_everywhere(rest: Rest, alice: User, settings: Settings, path: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    settings.ADMIN_SECRET = "the admin secret"
    response = rest(alice).post(path, {"email": "x" * 1_000}, headers={"admin-auth": settings.ADMIN_SECRET})
    assert (response.status_code, response.json()) == (413, error("Request body too large"))


def test_an_empty_body_has_its_documented_answer(rest: Rest, alice: User) -> None:
    response = rest(alice).generic("POST", "/api/people", "")
    assert (response.status_code, response.json()) == (500, error("Failed to read response body, body empty"))


def test_a_body_of_the_wrong_shape_names_the_fields(rest: Rest, alice: User) -> None:
    response = rest(alice).patch(f"/api/people/{alice.pk}", {"email": "nowhere"})
    assert (response.status_code, response.json()) == (400, error("email: Enter a valid email address"))


@pytest.mark.parametrize("key", ["0" * 24, "x", "%00", "%C3%A9"])
def test_a_missing_row_has_its_documented_answer(rest: Rest, alice: User, key: str) -> None:
    response = rest(alice).get(f"/api/people/{key}")
    assert (response.status_code, response.json()) == (404, error("Could not retrieve person"))


def test_a_row_of_another_organisation_is_not_there(rest: Rest, alice: User, charlie: User) -> None:
    assert rest(alice).get(f"/api/people/{alice.pk}").status_code == 200
    response = rest(alice).get(f"/api/people/{charlie.pk}")
    assert (response.status_code, response.json()) == (404, error("Could not retrieve person"))


def test_a_denied_verb_names_the_path_after_two_blanks(rest: Rest, bob: User) -> None:
    response = rest(bob).post("/api/people/", {"email": "x"})
    message = "access denied: You do not have permission to access  /api/people/"
    assert (response.status_code, response.json()) == (403, error(message))


def test_only_administrators_open_what_has_no_permission_object(rest: Rest, alice: User, bob: User) -> None:
    assert rest(alice).get("/api/administrators").status_code == 200
    assert rest(bob).get("/api/administrators").status_code == 403


def test_a_refusal_keeps_its_text_and_status(rest: Rest, alice: User) -> None:
    response = rest(alice).get("/api/fail/refused")
    assert (response.status_code, response.json()) == (418, error("No such luck"))


def test_throttling_says_when_to_come_back(rest: Rest, alice: User) -> None:
    response = rest(alice).get("/api/fail/throttled")
    assert (response.status_code, response["Retry-After"]) == (429, "30")


def test_a_bug_tells_nothing_outside_and_everything_in_the_log(
    rest: Rest, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = rest(alice).get("/api/fail/bug")
    assert (response.status_code, response.json()) == (500, error("Internal server error"))
    assert "GET api/fail/<way> failed" in caplog.text
    assert "a secret detail" in caplog.text


def test_a_method_that_is_not_offered_is_405(rest: Rest, alice: User) -> None:
    response = rest(alice).delete("/api/people")
    assert (response.status_code, response.json()) == (405, error('Method "DELETE" not allowed'))


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/nothing/", "/admin/", "/admin/x/y"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_rest_path_is_a_json_404(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path)
    assert (response.status_code, response.json()) == (404, error("Not found"))


def test_an_unknown_page_is_a_page() -> None:
    response = Client().get("/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_an_unknown_host_is_refused_in_the_envelope() -> None:
    response = Client().get("/api/people", headers={"Host": "elsewhere.example"})
    assert (response.status_code, response.json()) == (400, error("Bad request"))


def test_a_database_that_is_away_is_told_as_such(rest: Rest, alice: User) -> None:
    response = rest(alice).get("/api/fail/away")
    assert (response.status_code, response.json()) == (503, error("The database does not answer"))


@pytest.mark.parametrize(
    ("way", "status", "message"),
    [
        ("bug", 500, "Internal server error"),
        ("away", 503, "The database does not answer"),
        ("denied", 403, "access denied: You do not have permission to access  /api/page/denied"),
    ],
)
def test_what_fails_outside_the_framework_has_the_envelope_too(way: str, status: int, message: str) -> None:
    response = Client(raise_request_exception=False).get(f"/api/page/{way}")
    assert (response.status_code, response.json()) == (status, error(message))


@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("bug", 500, "Something went wrong on our side"),
        ("away", 503, "The database does not answer"),
        ("denied", 403, "Not for you"),
    ],
)
def test_a_page_that_fails_is_a_page_with_the_request_s_id(way: str, status: int, words: str) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(f"/page/{way}/", headers={"X-Request-ID": "abc-123"})
    page = response.content.decode()
    assert response.status_code == status
    assert words in page
    assert "abc-123" in page
    assert "secret detail" not in page


def test_an_error_page_asks_nothing_of_a_database_that_is_away(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    client.raise_request_exception = False
    with connection.execute_wrapper(_refuse):
        response = client.get("/")
    assert response.status_code == 503
    assert "The database does not answer" in response.content.decode()


def _refuse(*_: Any) -> None:
    raise OperationalError("connection refused")


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (ProtectedError("", set()), (409, "Still in use")),
        (ValidationError(["One thing.", "Another."]), (400, "One thing; Another")),
        (APIException("Not today."), (500, "Not today")),
        (Http404("no Organisation matches the query"), (404, "Not found")),
        (PermissionDenied("CSRF Failed: no token"), (403, "access denied: CSRF Failed: no token")),
    ],
)
def test_other_exceptions_have_their_answers_too(raised: Exception, answer: tuple[int, str]) -> None:
    assert status_and_message(raised, "/api/people") == answer
