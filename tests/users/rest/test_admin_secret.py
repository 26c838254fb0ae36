"""Users for the holder of the admin secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
FOUNDER = {"IsAdmin": "admin", "ResetPassword": "admin"}
OLD_KEY = "0F8-e61b3b0a4-c59e9a1d9c22e7b07a8x"


def error(message: str) -> dict[str, Any]:
    return {"Status": "Error", "Message": message, "Meta": None}


def said(response: Any) -> tuple[int, Any]:
    return response.status_code, response.json()


def made(admin: APIClient, **changes: Any) -> dict[str, Any]:
    body = {"first_name": "Erin", "last_name": "Doe", "email_address": "Erin@example.com", "active": True, **changes}
    answer: dict[str, Any] = admin.post("/admin/users", body).json()
    return answer


def test_it_makes_an_administrator_and_tells_the_key(admin: APIClient, organisation_a: Organisation) -> None:
    answer = made(admin, org_id=organisation_a.pk, password="ignored")
    erin = User.objects.get()
    assert answer["Status"] == "OK"
    assert User.objects.with_access_key(answer["Message"]) == erin
    assert answer["Meta"] == {
        "api_model": {},
        "first_name": "Erin",
        "last_name": "Doe",
        "email_address": "erin@example.com",
        "org_id": organisation_a.pk,
        "active": True,
        "id": erin.pk,
        "access_key": answer["Message"],
        "user_permissions": FOUNDER,
        "group_id": "",
        "password_max_days": 0,
        "password_updated": "0001-01-01T00:00:00Z",
        "PWHistory": [],
        "created_at": erin.created_at.isoformat().replace("+00:00", "Z"),
        "last_login_date": "0001-01-01T00:00:00Z",
    }
    assert not erin.has_usable_password()
    assert admin.get(f"/admin/users/{erin.pk}").json() == {**answer["Meta"], "access_key": ""}
    assert answer["Message"] not in str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({}, FOUNDER),
        (None, FOUNDER),
        ({"IsAdmin": "admin"}, {"IsAdmin": "admin"}),
        ({"IsAdmin": "true", "owned_analytics": "deny"}, {"IsAdmin": "admin", "owned_analytics": "deny"}),
        (FOUNDER, FOUNDER),
        ({"users": "read"}, {"users": "read"}),
        ({"IsAdmin": "false"}, {"IsAdmin": "deny"}),
        ({"pets": "stroke", "policy": "read"}, {"pets": "stroke", "policies": "read"}),
    ],
)
def test_it_takes_permissions(
    admin: APIClient, organisation_a: Organisation, given: dict[str, str] | None, stored: dict[str, str]
) -> None:
    made(admin, org_id=organisation_a.pk, user_permissions=given)
    assert User.objects.get().user_permissions == stored


@pytest.mark.parametrize("given", [{}, None])
def test_a_group_without_a_map_gives_what_the_group_gives(
    admin: APIClient, organisation_a: Organisation, given: dict[str, str] | None
) -> None:
    group = UserGroup.objects.create(organisation=organisation_a, name="Team", user_permissions={"apis": "read"})
    made(admin, org_id=organisation_a.pk, group_id=group.pk, user_permissions=given)
    assert User.objects.get().permissions == {"apis": "read"}
    UserGroup.objects.update(active=False)
    assert not User.objects.get().is_admin


@pytest.mark.parametrize("organisation", [{}, {"org_id": ""}, {"org_id": None}])
def test_without_an_organisation_it_makes_a_super_user(admin: APIClient, organisation: dict[str, Any]) -> None:
    assert made(admin, **organisation)["Meta"]["org_id"] == ""
    assert User.objects.get().is_super_admin


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"email_address": "alice@example.com"}, 403, "User email already exists for this Org"),
        ({"email_address": None}, 400, "User object validation failed"),
        ({"email_address": "nobody"}, 400, "User object validation failed"),
        ({"org_id": "c" * 24}, 400, "Could not retrieve org detail"),
        ({"group_id": "c" * 24}, 400, "Group ID does not exist"),
        ({"user_permissions": {"apis": "own"}}, 400, "Unknown levels of permissions: apis"),
    ],
)
def test_it_refuses(admin: APIClient, alice: User, changes: dict[str, Any], status: int, message: str) -> None:
    body = {"email_address": "erin@example.com", "org_id": alice.organisation_id, **changes}
    assert said(admin.post("/admin/users", body)) == (status, error(message))
    assert User.objects.get() == alice


def test_one_address_has_one_account_unless_there_are_many_organisations(
    admin: APIClient, alice: User, organisation_b: Organisation, settings: Settings
) -> None:
    body = {"email_address": alice.email, "org_id": organisation_b.pk}
    assert admin.post("/admin/users", body).status_code == 403
    settings.ENABLE_MULTI_ORG_USERS = True
    assert admin.post("/admin/users", body).status_code == 200
    assert admin.post("/admin/users", body).status_code == 403
    keys = {
        answer["access_key"] for answer in [admin.get(f"/admin/users/{user.pk}").json() for user in User.objects.all()]
    }
    assert keys == {""}, "neither was made a moment ago through REST"


def test_it_reads_users_of_every_organisation(admin: APIClient, alice: User, charlie: User) -> None:
    assert [admin.get(f"/admin/users/{user.pk}").json()["id"] for user in (alice, charlie)] == [alice.pk, charlie.pk]
    assert said(admin.get(f"/admin/users/{'c' * 24}")) == (404, error("Could not retrieve user detail"))


@pytest.mark.usefixtures("keys_at_hand")
def test_a_key_that_was_reset_is_read_here_too(admin: APIClient, rest: Rest, alice: User, bob: User) -> None:
    rest(alice).put(f"/api/users/{bob.pk}/actions/key/reset")
    key = admin.get(f"/admin/users/{bob.pk}").json()["access_key"]
    assert User.objects.with_access_key(key) == bob


def test_it_changes_a_user(admin: APIClient, bob: User) -> None:
    answer = admin.put(f"/admin/users/{bob.pk}", {"first_name": "Robert", "user_permissions": {"pets": "x"}})
    assert (answer.status_code, answer.json()["Message"]) == (200, "User updated")
    assert answer.json()["Meta"]["first_name"] == "Robert"
    bob.refresh_from_db()
    assert (bob.user_permissions, bob.organisation_id) == ({"pets": "x"}, "a" * 24)
    assert bob.check_password(PASSWORD)


def test_it_sets_a_password(admin: APIClient, rest: Rest, bob: User) -> None:
    key = services.reset_access_key(user=bob)
    answer = admin.put(f"/admin/users/{bob.pk}", {"password": "new words", "access_key": key}).json()
    assert (answer["Message"], answer["Meta"]["access_key"]) == (key, key)
    bob.refresh_from_db()
    assert bob.check_password("new words")
    assert User.objects.with_access_key(key) == bob
    refused = admin.put(f"/admin/users/{bob.pk}", {"password": "new words", "first_name": "Nobody"})
    assert said(refused) == (400, error("Password refused: It was used before"))
    bob.refresh_from_db()
    assert bob.first_name == "Bob", "all or nothing"


def test_it_takes_over_a_key_from_an_older_dashboard(admin: APIClient, rest: Rest, alice: User, bob: User) -> None:
    client = rest(bob)
    answer = admin.put(f"/admin/users/{bob.pk}", {"access_key": OLD_KEY}).json()
    assert answer["Message"] == answer["Meta"]["access_key"] == OLD_KEY
    assert client.get("/api/users/me").status_code == 401
    client.credentials(HTTP_AUTHORIZATION=OLD_KEY)
    assert client.get("/api/users/me").json()["id"] == bob.pk
    assert admin.put(f"/admin/users/{alice.pk}", {"access_key": OLD_KEY}).status_code == 400
    admin.put(f"/admin/users/{bob.pk}", {"access_key": ""})
    assert client.get("/api/users/me").status_code == 200


@pytest.mark.parametrize("key", ["short", "x" * 31, "x" * 256, "x" * 31 + " y", "x" * 40 + "\n", "ä" * 32])
def test_it_takes_over_no_key_that_could_be_guessed_or_sent_wrongly(admin: APIClient, bob: User, key: str) -> None:
    status, answer = said(admin.put(f"/admin/users/{bob.pk}", {"access_key": key, "first_name": "x"}))
    if key.strip() == "x" * 40:
        assert User.objects.with_access_key("x" * 40) == bob
        return
    assert (status, answer["Message"][:11]) == (400, "Access keys")


def test_it_moves_a_user_to_another_organisation(
    admin: APIClient, bob: User, readers: UserGroup, organisation_b: Organisation
) -> None:
    admin.put(f"/admin/users/{bob.pk}", {"group_id": readers.pk})
    move = {"org_id": organisation_b.pk}
    assert admin.put(f"/admin/users/{bob.pk}", move).status_code == 400, "the group stays behind"
    assert admin.put(f"/admin/users/{bob.pk}", {**move, "group_id": ""}).status_code == 200
    bob.refresh_from_db()
    assert bob.organisation == organisation_b


def test_it_trusts_administrators_with_passwords_or_not(admin: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(user_permissions={})
    path = f"/admin/users/{alice.pk}/actions"
    answer = admin.put(f"{path}/allow_reset_passwords").json()
    assert (answer["Message"], answer["Meta"]["user_permissions"]) == ("User updated", FOUNDER)
    answer = admin.put(f"{path}/disallow_reset_passwords").json()
    assert (answer["Message"], answer["Meta"]["user_permissions"]) == ("User updated", {"IsAdmin": "admin"})
    for action in ("allow_reset_passwords", "disallow_reset_passwords"):
        missing = admin.put(f"/admin/users/{'c' * 24}/actions/{action}")
        assert said(missing) == (404, error("Could not retrieve user detail"))


def test_trust_makes_nobody_an_administrator_and_distrust_neither(admin: APIClient, bob: User) -> None:
    path = f"/admin/users/{bob.pk}/actions"
    User.objects.filter(pk=bob.pk).update(user_permissions={"ResetPassword": "admin"})
    admin.put(f"{path}/disallow_reset_passwords")
    assert not User.objects.get(pk=bob.pk).is_admin


def test_who_is_not_there_cannot_be_changed(admin: APIClient) -> None:
    assert said(admin.put(f"/admin/users/{'c' * 24}", {})) == (404, error("User not found"))
