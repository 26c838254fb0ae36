"""The table of permissions: names, levels, and what a map of them means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.users.permissions import OBJECTS, allows, canonical, covers, is_admin
from tests.factories import UserFactory

maps = some.dictionaries(some.sampled_from(sorted(OBJECTS)), some.sampled_from(["read", "write", "admin", "deny"]))


@pytest.mark.parametrize(
    ("permissions", "name", "level", "answer"),
    [
        ({"apis": "read"}, "apis", "read", True),
        ({"apis": "read"}, "apis", "write", False),
        ({"apis": "write"}, "apis", "read", True),
        ({"apis": "write"}, "keys", "read", False),
        ({"apis": "deny"}, "apis", "read", False),
        ({"apis": "nonsense"}, "apis", "read", False),
        ({"IsAdmin": "admin"}, "apis", "write", True),
        ({"IsAdmin": "true"}, "apis", "write", True),
        ({"IsAdmin": "false", "keys": "read"}, "apis", "read", False),
        ({"IsAdmin": "admin", "owned_analytics": "deny"}, "owned_analytics", "read", False),
        ({}, "apis", "write", True),
        ({"logs": "read"}, "log", "read", True),
        ({"certificates": "write"}, "certs", "write", True),
        ({"policy": "read"}, "policies", "write", False),
        ({"analytics": "read"}, None, "read", False),
        ({}, None, "write", True),
    ],
)
def test_a_map_allows(permissions: dict[str, str], name: str | None, level: str, answer: bool) -> None:
    assert allows(permissions, name, level) is answer


def test_old_spellings_become_today_s() -> None:
    assert canonical({"policy": "read", "logs": "read", "custom": "x"}) == {
        "policies": "read",
        "log": "read",
        "custom": "x",
    }


def test_not_an_administrator_does_not_become_one_by_leaving_the_map_empty() -> None:
    assert not is_admin(canonical({"IsAdmin": "false"}))
    assert is_admin(canonical({"IsAdmin": "true"}))
    assert is_admin(canonical({}))


@given(maps, maps)
def test_nobody_gives_what_they_have_not_got(holder: dict[str, str], given_map: dict[str, str]) -> None:
    if covers(holder, given_map) and not is_admin(holder):
        for name in OBJECTS:
            for level in ("read", "write"):
                assert allows(holder, name, level) or not allows(given_map, name, level)


@given(maps)
def test_an_administrator_gives_anything(given_map: dict[str, str]) -> None:
    assert covers({}, given_map)
    assert covers({"IsAdmin": "admin"}, given_map)


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"organisation": None, "is_staff": True}, True),
        ({"organisation": None, "is_staff": True, "is_active": False}, False),
        ({"organisation": None, "is_staff": False}, False),
        ({"organisation": None, "is_staff": True, "user_permissions": {"users": "write"}}, False),
        ({"is_staff": True}, False),
    ],
)
def test_django_s_own_permissions_are_for_super_users_of_the_staff(fields: dict[str, Any], answer: bool) -> None:
    user = UserFactory.build(**fields)
    assert user.has_perm("sessions.view_session") is answer
    assert user.has_module_perms("sessions") is (user.is_staff and user.is_active)
