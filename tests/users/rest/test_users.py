"""Users over REST: paths, bodies, answers and refusals as existing clients know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.users import services
from apps.users.models import User, UserGroup
from apps.users.services.access_checks import LastAdministrator
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD, READER

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
ERIN = {
    "first_name": "Erin",
    "last_name": "Doe",
    "email_address": "Erin@Example.com",
    "active": True,
    "user_permissions": {"apis": "read"},
}
DENIED = "access denied: You do not have permission to change this user"


def ok(message: str, meta: Any = None) -> dict[str, Any]:
    return {"Status": "OK", "Message": message, "Meta": meta}


def error(message: str) -> dict[str, Any]:
    return {"Status": "Error", "Message": message, "Meta": None}


def said(response: Any) -> tuple[int, Any]:
    return response.status_code, response.json()


def moment(value: Any) -> str:
    return str(value.isoformat()).replace("+00:00", "Z")


def test_it_lists_the_users_of_the_organisation(rest: Rest, alice: User, bob: User, charlie: User, dora: User) -> None:
    User.objects.filter(pk=bob.pk).update(last_login=timezone.now(), password_updated=timezone.now())
    bob.refresh_from_db()
    status, answer = said(rest(alice).get("/api/users"))
    assert (status, [user["id"] for user in answer["users"]], answer["pages"]) == (200, [alice.pk, bob.pk], 1)
    assert answer["users"][1] == {
        "api_model": {},
        "first_name": "Bob",
        "last_name": "",
        "email_address": "bob@example.com",
        "org_id": "a" * 24,
        "active": True,
        "id": bob.pk,
        "access_key": "",
        "user_permissions": READER,
        "group_id": "",
        "password_max_days": 0,
        "password_updated": moment(bob.password_updated),
        "created_at": moment(bob.created_at),
        "last_login_date": moment(bob.last_login),
    }
    assert answer["users"][0]["last_login_date"] == "0001-01-01T00:00:00Z"


def test_a_super_user_lists_everybody(rest: Rest, alice: User, charlie: User, dora: User) -> None:
    users = rest(dora).get("/api/users/?p=-2").json()["users"]
    assert {user["org_id"] for user in users} == {"a" * 24, "b" * 24, ""}


def test_it_pages(rest: Rest, alice: User, settings: Settings) -> None:
    settings.PAGE_SIZE = 2
    UserFactory.create_batch(2, organisation=alice.organisation)
    client = rest(alice)
    assert [len(client.get(f"/api/users?p={page}").json()["users"]) for page in (1, 2, 3, 0)] == [2, 1, 0, 3]
    assert client.get("/api/users?p=1").json()["pages"] == 2


def test_the_list_costs_the_same_however_long(
    rest: Rest,
    alice: User,
    readers: UserGroup,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.AUDIT_ENABLED = False  # a record costs the same for every call
    client = rest(alice)
    client.get("/api/users")
    for _ in range(2):
        UserFactory.create_batch(5, organisation=alice.organisation, group=readers)
        with django_assert_num_queries(3):  # who it is; how many, and which
            client.get("/api/users")


@pytest.mark.usefixtures("keys_at_hand")
def test_it_makes_a_user_whose_key_is_read_once(rest: Rest, alice: User) -> None:
    client = rest(alice)
    status, answer = said(client.post("/api/users", {**ERIN, "password": "secret words", "password_max_days": 3e1}))
    erin = User.objects.get(email="erin@example.com")
    assert (status, answer) == (200, ok("User and session have been created", erin.pk))
    assert (erin.organisation, erin.is_active, erin.user_permissions) == (alice.organisation, True, {"apis": "read"})
    assert (erin.password_max_days, erin.check_password("secret words")) == (30, True)
    keys = [client.get(f"/api/users/{erin.pk}").json()["access_key"] for _ in range(2)]
    assert User.objects.with_access_key(keys[0]) == erin
    assert keys[1] == ""
    assert "secret words" not in str(list(AuditRecord.objects.values()))
    assert keys[0] not in str(list(AuditRecord.objects.values()))


def test_it_makes_an_inactive_user_unless_told_otherwise(rest: Rest, alice: User) -> None:
    rest(alice).post("/api/users", {name: value for name, value in ERIN.items() if name != "active"})
    assert not User.objects.get(email="erin@example.com").is_active


def test_it_reads_go_s_way_of_saying_nothing(rest: Rest, alice: User) -> None:
    sent = {**ERIN, "group_id": "", "password_max_days": None, "PWHistory": None, "api_model": {}, "org_id": "b" * 24}
    assert rest(alice).post("/api/users?accept_additional_properties=true", sent).status_code == 200
    assert User.objects.get(email="erin@example.com").organisation == alice.organisation


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"first_name": ""}, 400, "User object validation failed"),
        ({"last_name": None}, 400, "User object validation failed"),
        ({"email_address": "nobody"}, 400, "User object validation failed"),
        ({"email_address": 7}, 400, "User object validation failed"),
        ({"user_permissions": ["apis"]}, 400, "User object validation failed"),
        ({"user_permissions": {"apis": 1}}, 400, "User object validation failed"),
        ({"user_permissions": {"a\0b": "read"}}, 403, "Request body malformed"),
        ({"password_max_days": -1}, 400, "User object validation failed"),
        ({"password_max_days": 10**9}, 400, "User object validation failed"),
        ({"email_address": "ALICE@example.com"}, 403, "User email already exists for this org"),
        ({"user_permissions": {}}, 403, "To create a user specify at least one permission, or make them an admin."),
        ({"user_permissions": None}, 403, "To create a user specify at least one permission, or make them an admin."),
        (
            {"user_permissions": {"ResetPassword": "admin"}},
            403,
            "To create a user specify at least one permission, or make them an admin.",
        ),
        ({"user_permissions": {"apis": "own"}}, 400, "Unknown levels of permissions: apis"),
        ({"group_id": "c" * 24}, 400, "Group ID does not exist"),
        ({"group_id": "a\0"}, 403, "Request body malformed"),
        ({"password": "short"}, 400, "Password refused: It needs at least 6 characters"),
    ],
)
def test_it_refuses_to_make(rest: Rest, alice: User, changes: dict[str, Any], status: int, message: str) -> None:
    assert said(rest(alice).post("/api/users", {**ERIN, **changes})) == (status, error(message))
    assert User.objects.get() == alice


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("", 500, "Failed to read response body, body empty"),
        ("[]", 400, "User object validation failed"),
        ("7", 400, "User object validation failed"),
    ],
)
def test_it_refuses_what_is_no_user(rest: Rest, alice: User, body: str, status: int, message: str) -> None:
    client = rest(alice)
    assert said(client.post("/api/users", body, content_type="application/json")) == (status, error(message))
    assert said(client.put(f"/api/users/{alice.pk}", body, content_type="text/plain")) == (status, error(message))


def test_what_is_no_json_is_refused(rest: Rest, alice: User) -> None:
    for method, path, status in (("POST", "/api/users", 403), ("PUT", f"/api/users/{alice.pk}", 400)):
        answer = rest(alice).generic(method, path, "{", content_type="application/json")
        assert said(answer) == (status, error("Request body malformed"))


def test_it_takes_permissions_that_the_organisation_made_up(rest: Rest, alice: User) -> None:
    organisation: Any = alice.organisation
    organisation.additional_permissions = {"pets": "Pets"}
    organisation.save()
    given = {"pets": "stroke", "policy": "write", "logs": "read", "IsAdmin": "false"}
    assert rest(alice).post("/api/users", {**ERIN, "user_permissions": given}).status_code == 200
    stored = User.objects.get(email="erin@example.com").user_permissions
    assert stored == {"pets": "stroke", "policies": "write", "log": "read", "IsAdmin": "deny"}


def test_only_super_admins_make_administrators(rest: Rest, alice: User, bob: User) -> None:
    client, refusal = rest(alice), error("access denied: You do not have permission to create administrators")
    made = {**ERIN, "user_permissions": {"IsAdmin": "admin"}}
    assert said(client.post("/api/users", made)) == (403, refusal)
    assert said(client.put(f"/api/users/{bob.pk}", {"user_permissions": {"IsAdmin": "admin"}})) == (403, refusal)
    services.allow_reset_passwords(user=alice, allowed=True)
    assert client.post("/api/users", {**made, "user_permissions": {**READER, "IsAdmin": "true"}}).status_code == 200
    assert User.objects.get(email="erin@example.com").is_admin
    assert not User.objects.get(email="erin@example.com").may_reset_passwords


def test_a_super_user_says_for_whom(rest: Rest, dora: User, charlie: User) -> None:
    client = rest(dora)
    for organisation in ("", "c" * 24):
        assert client.post("/api/users", {**ERIN, "org_id": organisation}).status_code == 400
    assert client.post("/api/users", {**ERIN, "org_id": "b" * 24}).status_code == 200
    assert User.objects.get(email="erin@example.com").organisation == charlie.organisation


def test_it_reads_one_user(rest: Rest, alice: User, bob: User, charlie: User) -> None:
    client = rest(alice)
    assert client.get(f"/api/users/{bob.pk}/").json()["email_address"] == "bob@example.com"
    assert said(client.get(f"/api/users/{'c' * 24}")) == (404, error("Could not retrieve user detail"))
    assert said(client.get(f"/api/users/{charlie.pk}")) == (404, error("Could not retrieve user detail"))


def test_everybody_reads_their_own_account_and_resets_their_own_key(rest: Rest, alice: User) -> None:
    nobody = UserFactory(organisation=alice.organisation, user_permissions={"analytics": "read"})
    client = rest(nobody)
    for path in (f"/api/users/{nobody.pk}", "/api/users/me"):
        assert client.get(path).json()["id"] == nobody.pk
    denied = f"access denied: You do not have permission to access  /api/users/{alice.pk}"
    assert said(client.get(f"/api/users/{alice.pk}")) == (403, error(denied))
    assert client.put(f"/api/users/{alice.pk}/actions/key/reset").status_code == 403
    assert said(client.put(f"/api/users/{nobody.pk}/actions/key/reset")) == (200, ok("User session renewed"))
    assert client.get("/api/users/me").status_code == 401


def test_it_changes_a_user(rest: Rest, alice: User, bob: User, readers: UserGroup) -> None:
    sent = {
        "first_name": "Robert",
        "last_name": "",
        "email_address": "ROB@example.com",
        "active": True,
        "user_permissions": {"apis": "write", "ResetPassword": "admin"},
        "group_id": readers.pk,
        "password_max_days": 7,
        "password": "never taken",
        "id": "c" * 24,
    }
    assert said(rest(alice).put(f"/api/users/{bob.pk}", sent)) == (200, ok("User updated"))
    bob.refresh_from_db()
    assert (bob.first_name, bob.email, bob.group, bob.password_max_days) == ("Robert", "rob@example.com", readers, 7)
    assert bob.user_permissions == {"apis": "write"}
    assert bob.check_password(PASSWORD)
    rest(alice).put(f"/api/users/{bob.pk}", {"group_id": ""})
    bob.refresh_from_db()
    assert (bob.group, bob.first_name, bob.user_permissions) == (None, "Robert", {"apis": "write"})


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"user_permissions": {}}, 403, "To create a user specify at least one permission, or make them an admin."),
        ({"email_address": "alice@EXAMPLE.com"}, 403, "User email already exists for this org"),
        ({"email_address": "nobody"}, 403, "User email is not valid"),
        ({"first_name": 7}, 400, "User object validation failed"),
        ({"group_id": "c" * 24}, 400, "Group ID does not exist"),
    ],
)
def test_it_refuses_to_change(
    rest: Rest, alice: User, bob: User, changes: dict[str, Any], status: int, message: str
) -> None:
    before = User.objects.filter(pk=bob.pk).values().get()
    assert said(rest(alice).put(f"/api/users/{bob.pk}", changes)) == (status, error(message))
    assert User.objects.filter(pk=bob.pk).values().get() == before


def test_it_refuses_to_change_who_is_not_there(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    assert said(client.put(f"/api/users/{'c' * 24}", ERIN)) == (400, error("user does not exist"))
    assert said(client.put(f"/api/users/{charlie.pk}", ERIN)) == (400, error("user does not exist"))


def test_nobody_raises_their_own_permissions(rest: Rest, writer: User, readers: UserGroup) -> None:
    client, own = rest(writer), writer.user_permissions
    for more in ({"apis": "write"}, {"IsAdmin": "admin"}, {"keys": "read"}, {"pets": "read"}):
        answer = client.put(f"/api/users/{writer.pk}", {"user_permissions": {**own, **more}})
        assert answer.status_code == 403, more
    User.objects.filter(pk=writer.pk).update(group=readers)
    readers.user_permissions = own
    readers.save()
    hidden = client.put(f"/api/users/{writer.pk}", {"user_permissions": {**own, "keys": "write"}})
    assert said(hidden) == (403, error(DENIED)), "a map that a group hides today would be there tomorrow"
    writer.refresh_from_db()
    assert writer.user_permissions == own
    assert client.put(f"/api/users/{writer.pk}", {"user_permissions": {"users": "write"}}).status_code == 200


def test_an_administrator_does_not_shake_off_what_they_are_denied(
    rest: Rest, founder: User, readers: UserGroup
) -> None:
    own = {"IsAdmin": "admin", "ResetPassword": "admin", "apis": "deny"}
    User.objects.filter(pk=founder.pk).update(user_permissions=own)
    client, free = rest(founder), UserFactory(organisation=founder.organisation)
    for given in ({"IsAdmin": "admin"}, {"apis": "read"}):
        assert said(client.put(f"/api/users/{founder.pk}", {"user_permissions": given})) == (403, error(DENIED))
        assert client.post("/api/users", {**ERIN, "user_permissions": given}).status_code == 403
    assert client.put(f"/api/users/{free.pk}/actions/key/reset").status_code == 403, "its key would do"
    assert client.put(f"/api/usergroups/{readers.pk}", {"description": "with APIs"}).status_code == 403
    assert client.post("/api/usergroups", {"name": "x", "user_permissions": {"keys": "read"}}).status_code == 200
    assert client.put(f"/api/users/{founder.pk}", {"first_name": "Alice", "user_permissions": own}).status_code == 200
    assert client.post("/api/users", {**ERIN, "user_permissions": {"users": "write"}}).status_code == 200
    founder.refresh_from_db()
    assert founder.user_permissions == own


def test_a_writer_is_no_match_for_an_administrator(rest: Rest, writer: User, alice: User) -> None:
    client, path = rest(writer), f"/api/users/{alice.pk}"
    assert said(client.put(path, {"first_name": "x"})) == (403, error(DENIED))
    assert said(client.delete(path)) == (403, error(DENIED))
    assert said(client.put(f"{path}/actions/revoke")) == (403, error(DENIED))
    assert said(client.put(f"{path}/actions/key/reset")) == (403, error(DENIED))


def test_an_administrator_rules_over_administrators_but_not_over_super_admins(rest: Rest, alice: User) -> None:
    other = UserFactory(organisation=alice.organisation)
    client = rest(alice)
    assert client.put(f"/api/users/{other.pk}", {"first_name": "Other"}).status_code == 200
    services.allow_reset_passwords(user=other, allowed=True)
    assert said(client.put(f"/api/users/{other.pk}/actions/key/reset")) == (403, error(DENIED))


def test_a_reader_changes_nobody(rest: Rest, bob: User, alice: User) -> None:
    client, path = rest(bob), f"/api/users/{alice.pk}"
    assert client.get(path).status_code == 200
    assert [client.post("/api/users", ERIN).status_code, client.put(path, ERIN).status_code] == [403, 403]
    assert [client.delete(path).status_code, client.put(f"{path}/actions/revoke").status_code] == [403, 403]


def test_it_deletes_a_user_and_the_caller_last(rest: Rest, alice: User, bob: User, charlie: User) -> None:
    client = rest(alice)
    assert said(client.delete(f"/api/users/{alice.pk}")) == (400, error(LastAdministrator.message))
    assert said(client.delete(f"/api/users/{bob.pk}")) == (200, ok("User deleted"))
    assert said(client.delete(f"/api/users/{bob.pk}")) == (404, error("Could not retrieve user detail"))
    assert said(client.delete(f"/api/users/{charlie.pk}")) == (404, error("Could not retrieve user detail"))
    assert set(User.objects.all()) == {alice, charlie}
    UserFactory(organisation=alice.organisation, user_permissions={"IsAdmin": "admin"})
    assert said(client.delete(f"/api/users/{alice.pk}")) == (200, ok("User deleted"))
    assert client.get("/api/users/me").status_code == 401
    assert AuditRecord.objects.get(action="Delete User", subject=alice.pk, status=200).user == alice.email


@pytest.mark.parametrize("action", ["actions/revoke", ""])
def test_who_is_made_inactive_is_out_at_once(
    rest: Rest, browser_of: Callable[[User], Client], alice: User, bob: User, action: str
) -> None:
    programme, browser = rest(bob), browser_of(bob)
    assert programme.get("/api/users/me").status_code == browser.get("/api/users/me").status_code == 200
    answer = rest(alice).put(f"/api/users/{bob.pk}/{action}", {"active": False})
    assert said(answer) == (200, ok("User revoked" if action else "User updated"))
    assert programme.get("/api/users/me").status_code == browser.get("/api/users/me").status_code == 401
    User.objects.filter(pk=bob.pk).update(is_active=True)
    assert browser.get("/api/users/me").status_code == 401, "the session does not come back"
    assert programme.get("/api/users/me").status_code == 401, "nor does the key"


def test_it_refuses_to_revoke_who_is_not_there(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    missing = client.put(f"/api/users/{'c' * 24}/actions/revoke")
    assert said(missing) == (400, error("Could not retrieve user detail"))
    assert said(client.put(f"/api/users/{charlie.pk}/actions/revoke")) == said(missing)


@pytest.mark.parametrize("query", ["BOB@", "ob@exam"])
def test_it_searches_by_a_part_of_the_address(rest: Rest, alice: User, bob: User, charlie: User, query: str) -> None:
    client = rest(alice)
    answer = client.post("/api/users/search?p=1", {"filters": {"query": query}}).json()
    assert ([user["id"] for user in answer["users"]], answer["pages"]) == ([bob.pk], 1)
    assert client.get("/api/users/search", {"q": query}).json() == answer
    assert client.post("/api/users/search", {"filters": {"query": "charlie"}}).json() == {"users": [], "pages": 1}


@pytest.mark.parametrize("wild", ["%", "_", "\\"])
def test_a_search_takes_its_text_as_it_is(rest: Rest, alice: User, bob: User, wild: str) -> None:
    assert rest(alice).get("/api/users/search", {"q": wild}).json()["users"] == []


def test_a_reader_searches(rest: Rest, bob: User) -> None:
    assert rest(bob).post("/api/users/search", {"filters": {"query": "bob"}}).status_code == 200


@pytest.mark.parametrize("body", ["{", "", "[]", "{}", '{"filters": 1}', '{"filters": {"query": [1]}}'])
def test_it_refuses_a_search_for_nothing(rest: Rest, alice: User, body: str) -> None:
    answer = rest(alice).post("/api/users/search", body, content_type="application/json")
    assert said(answer) == (400, error("Could not extract search filter from request body"))


@pytest.mark.parametrize("path", ["/api/users/{}", "/api/users/me", "/api/users", "/api/users/search?q=alice"])
def test_a_user_has_exactly_fourteen_members(rest: Rest, alice: User, path: str) -> None:
    read = rest(alice).get(path.format(alice.pk)).json()
    assert len(read["users"][0] if "users" in read else read) == 14
    assert "PWHistory" not in str(read)


def test_what_newer_tools_know_more_of_is_kept_and_opens_nothing(rest: Rest, alice: User, bob: User) -> None:
    given = {"pets": "read", "zoo": "level of its own", "apis": "read"}
    assert rest(alice).put(f"/api/users/{bob.pk}", {"user_permissions": given}).status_code == 200
    assert rest(alice).get(f"/api/users/{bob.pk}").json()["user_permissions"] == given
    writer = UserFactory(organisation=alice.organisation, user_permissions={"users": "write", "apis": "read"})
    assert rest(writer).put(f"/api/users/{bob.pk}", {"user_permissions": {"pets": "read"}}).status_code == 403
    bob.refresh_from_db()
    assert not bob.is_admin
    assert [name for name in ("users", "log", None) if bob.allows(name)] == []


BROKEN = ["{", "[]", '"text"', '{"first_name": 7, "name": 7}', '{"user_permissions": "all"}']


@pytest.mark.parametrize("body", BROKEN)
def test_a_change_that_is_malformed_is_400(rest: Rest, alice: User, bob: User, readers: UserGroup, body: str) -> None:
    for path in (f"/api/users/{bob.pk}", f"/api/usergroups/{readers.pk}"):
        answer = rest(alice).generic("PUT", path, body, content_type="application/json")
        assert answer.status_code == 400, (path, answer.json())


def test_bodies_are_read_as_go_programs_read_them(rest: Rest, alice: User, bob: User) -> None:
    client, path = rest(alice), f"/api/users/{bob.pk}"
    assert client.put(path, {"First_Name": "Robert", "LAST_NAME": None}).status_code == 200
    bob.refresh_from_db()
    assert bob.first_name == "Robert"
    for odd in ({"active": "true"}, {"Active": 1}, {"password_max_days": "7"}, {"password_max_days": True}):
        assert client.put(path, odd).status_code == 400, odd


@pytest.mark.parametrize("said", ["false", "False", "deny", "no"])
def test_no_other_word_makes_an_administrator(rest: Rest, alice: User, bob: User, said: str) -> None:
    body = {"user_permissions": {"IsAdmin": said, "apis": "read"}}
    assert rest(alice).put(f"/api/users/{bob.pk}", body).status_code == 200
    bob.refresh_from_db()
    assert (bob.is_admin, bob.allows("apis")) == (False, True)
