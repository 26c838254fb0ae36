"""Every change passes admission as the REST call that it is or that does the same, whichever door it comes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient
from rest_framework.views import APIView

from apps.apis.models import Api
from apps.core import admission
from apps.core.admin import ServiceAdmin
from apps.core.admission import AdmissionRequest
from apps.core.exceptions import ApplicationError
from apps.core.viewsets import AdmissionMixin
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

BrowserOf = Callable[[User], Client]
Rest = Callable[..., APIClient]
FORM = {"email": "erin@example.com", "first_name": "Erin", "is_active": "on", "password_max_days": "0"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[AdmissionRequest]]:
    """What admission is shown; nothing is refused."""
    requests: list[AdmissionRequest] = []

    def note(request: AdmissionRequest) -> Any:
        requests.append(request)
        return request.body

    admission.register(note)
    yield requests
    admission.unregister(note)


@pytest.fixture
def erin(organisation_a: Organisation) -> User:
    user = UserFactory.build(organisation=organisation_a, email="erin@example.com", user_permissions={"apis": "read"})
    user.set_password(PASSWORD)
    user.save()
    return user


def calls(asked: list[AdmissionRequest]) -> list[tuple[str, str, Any]]:
    return [(request.method, request.path, request.body) for request in asked]


@pytest.mark.django_db
def test_pages_change_users_as_rest_would(
    browser_of: BrowserOf, alice: User, erin: User, asked: list[AdmissionRequest]
) -> None:
    browser, page, path = browser_of(alice), f"/users/{erin.pk}/", f"/api/users/{erin.pk}"
    browser.post(page, {**FORM, "user_permissions_apis": "write"})
    browser.post(f"{page}access-key/")
    browser.post(f"{page}revoke/")
    browser.post(f"{page}delete/")
    assert calls(asked) == [
        ("PUT", path, {"first_name": "Erin", "user_permissions": {"apis": "write"}}),
        ("PUT", f"{path}/actions/key/reset", None),
        ("PUT", f"{path}/actions/revoke", None),
        ("DELETE", path, None),
    ]
    assert {request.actor for request in asked} == {alice}


@pytest.mark.django_db
def test_people_change_their_own_account_as_rest_would(
    browser_of: BrowserOf, erin: User, asked: list[AdmissionRequest]
) -> None:
    browser, path = browser_of(erin), f"/api/users/{erin.pk}"
    browser.post("/profile/", {"first_name": "Erin", "last_name": "Doe", "time_zone": ""})
    browser.post("/profile/access-key/")
    new = {"new_password1": "another horse", "new_password2": "another horse"}
    browser.post("/password/", {"old_password": PASSWORD, **new})
    assert calls(asked) == [
        ("PUT", path, {"first_name": "Erin", "last_name": "Doe"}),
        ("PUT", f"{path}/actions/key/reset", None),
        ("POST", f"{path}/actions/reset", None),
    ]


@pytest.mark.django_db
def test_the_staff_site_gives_owners_as_rest_would(
    browser_of: BrowserOf, alice: User, organisation_a: Organisation, asked: list[AdmissionRequest]
) -> None:
    api = Api.objects.create(organisation=organisation_a, name="Orders")
    form = {"name": "Sales", "active": "on", "user_owners": [alice.pk], "group_owners": []}
    browser_of(alice).post(f"/staff/apis/api/{api.pk}/change/", form)
    path = f"/api/apis/{api.pk}"
    owners = {"userIds": [alice.pk], "userGroupIds": []}
    (method, asked_path, body), access = calls(asked)
    assert (method, asked_path, access) == ("PUT", path, ("PUT", f"{path}/access", owners))
    assert body["api_definition"]["name"] == "Sales"
    assert Api.objects.get().definition["name"] == "Sales"


@pytest.mark.django_db
def test_what_admission_refuses_of_an_own_account_is_told(
    browser_of: BrowserOf, erin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(request: AdmissionRequest) -> Any:
        raise ApplicationError("access denied: Names are for ever", 403)

    monkeypatch.setattr(admission, "_controllers", [deny])
    form = {"first_name": "Erin", "last_name": "Doe", "time_zone": ""}
    page = browser_of(erin).post("/profile/", form, follow=True)
    assert "Names are for ever" in page.content.decode()
    erin.refresh_from_db()
    assert erin.last_name == ""


@pytest.mark.django_db
def test_reads_and_what_is_not_permitted_never_get_there(
    rest: Rest, bob: User, erin: User, asked: list[AdmissionRequest]
) -> None:
    client = rest(bob)
    asked.clear()
    client.get("/api/users")
    assert client.put(f"/api/users/{erin.pk}", {"first_name": "Erin"}).status_code == 403
    assert asked == []


def views(patterns: Any) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.pattern), pattern.callback


def test_every_rest_view_that_writes_passes_admission() -> None:
    without = set()
    for path, view in views(get_resolver().url_patterns):
        cls = getattr(view, "cls", None)
        if cls is None or not issubclass(cls, APIView) or issubclass(cls, AdmissionMixin):
            continue
        methods = set(getattr(view, "actions", {})) | {name for name in cls.http_method_names if hasattr(cls, name)}
        if methods & {"post", "put", "patch", "delete"}:
            without.add(path)
    assert without == set()


def test_every_staff_page_writes_by_services() -> None:
    ours = [one for model, one in django_admin.site._registry.items() if model.__module__.startswith("apps.")]
    assert ours
    assert all(isinstance(one, ServiceAdmin) for one in ours)
