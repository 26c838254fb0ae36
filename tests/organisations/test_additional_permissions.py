"""The permissions that an organisation has beside the built-in ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.organisations.services import NotUpdated, set_additional_permissions
from apps.users.models import User

PLURAL, SINGULAR = "/api/org/permissions", "/api/org/permission"
OWN = {"api_developer": "API Developer", "partner": "Partner"}

Rest = Callable[..., APIClient]

pytestmark = pytest.mark.django_db


def error(message: str) -> dict[str, str | None]:
    return {"Status": "Error", "Message": message, "Meta": None}


def put(client: APIClient, path: str, body: str | bytes) -> tuple[int, Any]:
    response = client.generic("PUT", path, body, content_type="application/json")
    return response.status_code, response.json()


@pytest.mark.parametrize("path", [PLURAL, f"{PLURAL}/", SINGULAR, f"{SINGULAR}/"])
def test_an_administrator_replaces_the_map(
    rest: Rest, alice: User, organisation_b: Organisation, settings: Settings, path: str
) -> None:
    settings.ADDITIONAL_PERMISSIONS = {"of_the_site": "Of the site"}
    client = rest(alice)
    assert client.get(path).json() == {"additional_permissions": {"of_the_site": "Of the site"}}
    response = client.put(path, {"additional_permissions": OWN})
    done = {"Status": "OK", "Message": "Additional Permissions updated in org level", "Meta": None}
    assert (response.status_code, response.json()) == (200, done)
    assert client.get(PLURAL).json() == {"additional_permissions": OWN}
    client.put(path, {"additional_permissions": {"other": "Other"}})
    assert client.get(PLURAL).json() == {"additional_permissions": {"other": "Other"}}
    client.put(path, {"additional_permissions": {}})
    assert client.get(PLURAL).json() == {"additional_permissions": {"of_the_site": "Of the site"}}
    assert Organisation.objects.get(pk=organisation_b.pk).additional_permissions == {}


def test_each_organisation_has_its_own(rest: Rest, alice: User, charlie: User) -> None:
    rest(alice).put(PLURAL, {"additional_permissions": OWN})
    assert rest(charlie).get(PLURAL).json() == {"additional_permissions": {}}


def test_a_super_user_has_no_organisation(rest: Rest, dora: User) -> None:
    refused = (500, error("Failed to identify organisation"))
    response = rest(dora).get(PLURAL)
    assert (response.status_code, response.json()) == refused
    assert put(rest(dora), PLURAL, '{"additional_permissions": {}}') == refused


@pytest.mark.parametrize("path", [PLURAL, SINGULAR])
@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "null",
        "{}",
        '{"additional_permissions": []}',
        '{"additional_permissions": {"a": 1}}',
        '{"additional_permissions": {"a": null}}',
        '{"additional_permissions": {"": "x"}}',
        '{"additional_permissions": {"a": "\\u0000"}}',
        '{"additional_permissions": ' + "[" * 5_000,
    ],
    ids=lambda text: text[:40],
)
def test_it_refuses_another_shape(rest: Rest, alice: User, path: str, body: str) -> None:
    client = rest(alice)
    client.put(path, {"additional_permissions": OWN})
    assert put(client, path, body) == (500, error("Failed to unmarshal response body"))
    assert client.get(PLURAL).json() == {"additional_permissions": OWN}


@pytest.mark.parametrize("path", [PLURAL, SINGULAR])
def test_null_is_an_empty_map_and_the_case_of_the_name_does_not_matter(rest: Rest, alice: User, path: str) -> None:
    client = rest(alice)
    assert put(client, path, '{"Additional_Permissions": {"a": "b"}}')[0] == 200
    assert client.get(PLURAL).json() == {"additional_permissions": {"a": "b"}}
    assert put(client, path, '{"additional_permissions": null}')[0] == 200
    assert client.get(PLURAL).json() == {"additional_permissions": {}}


@pytest.mark.parametrize("path", [PLURAL, SINGULAR])
def test_it_needs_a_body(rest: Rest, alice: User, settings: Settings, path: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
    assert put(rest(alice), path, "") == (400, error("Failed to read response body"))
    assert put(rest(alice), path, "x" * 3_000_000)[0] == 413


@pytest.mark.parametrize("body", [{"open_policy": {"enabled": True, "rules": ""}}, {"rules": ""}])
def test_rules_are_refused_where_they_are_not_enabled(rest: Rest, alice: User, body: dict[str, Any]) -> None:
    for more in ({}, {"additional_permissions": OWN}):
        response = rest(alice).put(SINGULAR, {**body, **more})
        refused = error("access denied: Changing OPA rules through this path is not enabled")
        assert (response.status_code, response.json()) == (403, refused)
    assert Organisation.objects.get().additional_permissions == {}


def test_the_audit_log_tells_who_changed_them(rest: Rest, alice: User) -> None:
    rest(alice).put(PLURAL, {"additional_permissions": OWN})
    record = AuditRecord.objects.get(action="Update Additional Permissions")
    assert (record.user, record.organisation, record.subject) == (alice.email, "a" * 24, "a" * 24)
    assert "API Developer" in record.diff


TOO_MUCH = {
    "300,000 names": {f"n{number}": "Label" for number in range(300_000)},
    "one more than a user has": {f"n{number}": "Label" for number in range(501)},
    "a long name": {"n" * 256: "Label"},
    "a long label": {"name": "L" * 256},
}


@pytest.mark.parametrize("permissions", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_too_many_or_too_long_ones_are_refused_at_every_door(
    rest: Rest, browser_of: Any, alice: User, dora: User, permissions: dict[str, str]
) -> None:
    refused = put(rest(alice), PLURAL, json.dumps({"additional_permissions": permissions}))
    assert refused == (500, error("Failed to unmarshal response body"))
    form = {"owner_name": "Gamma", "owner_slug": "gamma", "developer_quota": "0", "open_policy": "{}"}
    text = "\n".join(f"{name}: {label}" for name, label in permissions.items())
    page = browser_of(dora).post("/staff/organisations/organisation/add/", {**form, "additional_permissions": text})
    assert list(page.context["adminform"].form.errors) == ["additional_permissions"]
    with pytest.raises(NotUpdated):
        set_additional_permissions(
            organisation=Organisation.objects.get(pk=alice.organisation_id), permissions=permissions
        )
    assert not Organisation.objects.exclude(additional_permissions={}).exists()


def test_as_many_and_as_long_ones_as_a_user_has_are_taken(rest: Rest, alice: User) -> None:
    largest = {f"{number:0255}": "L" * 255 for number in range(500)}
    assert rest(alice).put(PLURAL, {"additional_permissions": largest}).status_code == 200
