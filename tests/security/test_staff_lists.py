"""Nobody keeps the staff site busy by what they look for, or by what they say a form has."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpRequest

from apps.core import admin
from apps.sso.models import GroupMapping, IdentityProvider
from apps.users.admin import UserAdmin
from apps.users.models import User
from tests.contracts.base import BrowserOf
from tests.sso.test_staff import posted

pytestmark = pytest.mark.django_db

LISTS = ["/staff/users/user/", "/staff/audit/auditrecord/", "/staff/apis/api/"]


@pytest.mark.parametrize("path", LISTS)
def test_a_search_for_very_many_words_is_cut(browser_of: BrowserOf, alice: User, path: str) -> None:
    client, started = browser_of(alice), time.monotonic()
    page = client.get(path, {"q": "ab " * 20_000})
    assert page.status_code == 200
    assert time.monotonic() - started < 5
    assert "Only the first 254 characters were looked for." in [str(one) for one in page.context["messages"]]
    page = client.get(path, {"q": "ab " * 80})
    assert not list(page.context["messages"])


@pytest.mark.parametrize(("query", "leads_to"), [("?q=ali", "/staff/users/user/"), ("", "/staff/")])
def test_a_list_that_takes_too_long_is_stopped(
    browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch, query: str, leads_to: str
) -> None:
    client, quick = browser_of(alice), UserAdmin.get_queryset

    def slow(self: UserAdmin, request: HttpRequest) -> Any:
        return quick(self, request).extra(where=["pg_sleep(0.2)::text IS NOT NULL"])

    monkeypatch.setattr(UserAdmin, "get_queryset", slow)
    monkeypatch.setattr(admin, "SEARCH_TIMEOUT", 0.05)
    answer = client.get(f"/staff/users/user/{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
    assert [str(one) for one in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("said", ["51", "1000", "100000"])
def test_a_form_has_no_more_rows_than_there_may_be(browser_of: BrowserOf, alice: User, said: str) -> None:
    started = time.monotonic()
    answer = browser_of(alice).post(
        "/staff/sso/identityprovider/add/", posted(**{"mappings-TOTAL_FORMS": said}, is_active=None)
    )
    assert answer.status_code == 200
    assert len(answer.context["inline_admin_formsets"][0].formset.forms) == 50
    assert time.monotonic() - started < 5
    assert not IdentityProvider.objects.exists()
    assert not GroupMapping.objects.exists()
