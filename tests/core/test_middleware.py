"""What happens to every request."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.core.logging import RequestIdFilter, request_id
from apps.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]


@pytest.mark.parametrize("method", ["get", "post", "head", "options"])
@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_rest_paths_work_with_and_without_a_final_slash(
    rest: Callable[..., APIClient], alice: User, method: str, slashes: str
) -> None:
    call = getattr(rest(alice), method)
    response = call(f"/api/people{slashes}", {"email": "x"} if method == "post" else None)
    assert response.status_code == 200


def test_pages_are_still_redirected_to_their_slash() -> None:
    response = Client().get("/login")
    assert (response.status_code, response["Location"]) == (301, "/login/")


def test_it_answers_with_the_request_id_it_was_given() -> None:
    response = Client().get("/hello", headers={"X-Request-ID": "abc-123"})
    assert response["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "new\nline", "<script>"])
def test_it_makes_a_request_id_where_none_or_a_bad_one_was_given(given: str) -> None:
    response = Client().get("/hello", headers={"X-Request-ID": given})
    assert len(response["X-Request-ID"]) == 32


def test_log_lines_carry_the_id_of_their_request() -> None:
    record = logging.LogRecord("weir", logging.INFO, "", 0, "", None, None)
    token = request_id.set("abc-123")
    try:
        assert RequestIdFilter().filter(record)
    finally:
        request_id.reset(token)
    assert record.request_id == "abc-123"


def test_pages_show_times_in_the_person_s_zone(browser_of: Callable[[User], Client], dora: User) -> None:
    dora.time_zone = "Asia/Tokyo"
    dora.save()
    page = browser_of(dora).get("/staff/")
    assert 'data-admin-utc-offset="32400"' in page.content.decode()


@pytest.mark.parametrize("path", ["/hello", "/health", "/openapi.json", "/openapi.yaml"])
@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_addresses_that_are_no_pages_work_with_and_without_a_final_slash(path: str, slashes: str) -> None:
    assert Client().get(path + slashes).status_code == 200
