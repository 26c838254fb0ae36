"""The table of permissions: names, levels, and what a map of them means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.core.exceptions import ApplicationError
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.permissions import (
    ALIASES,
    OBJECTS,
    PERSONAL,
    RANKS,
    allows,
    can_reset_passwords,
    canonical,
    covers,
    effective,
    is_admin,
    left_without_group,
    merged,
    permissions_summary,
    unknown_levels,
    unknown_permissions,
    with_reset_password,
    without_reset_password,
)
from apps.users.services.access_checks import check_can_manage, check_no_escalation
from tests.factories import UserFactory

OWNED = {"analytics": "read", "owned_analytics": "read"}
LEVELS = ["read", "write", "admin", "deny"]
NAMES = [*sorted(OBJECTS), "pets"]
maps = some.dictionaries(some.sampled_from(sorted(OBJECTS)), some.sampled_from(LEVELS))
spelt = some.dictionaries(some.sampled_from([*NAMES, *ALIASES]), some.sampled_from([*LEVELS, "true", "false", "odd"]))
ordinary = spelt.map(lambda one: {**one, "IsAdmin": "deny"})
groups = some.lists(some.tuples(some.booleans(), spelt), max_size=3)


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


def test_today_s_spelling_goes_before_an_older_one() -> None:
    assert canonical({"policies": "write", "policy": "read"}) == canonical({"policy": "read", "policies": "write"})
    assert canonical({"policy": "read", "policies": "write"}) == {"policies": "write"}


@given(spelt)
def test_a_map_means_the_same_in_today_s_names(given_map: dict[str, str]) -> None:
    written = canonical(given_map)
    assert canonical(written) == written
    assert is_admin(written) == is_admin(given_map)
    for name in set(NAMES) - {"IsAdmin"}:
        for level in ("read", "write", "admin"):
            assert allows(written, name, level) == allows(given_map, name, level)


@given(spelt, some.sampled_from([*NAMES, *ALIASES]))
def test_nobody_gains_by_being_denied(given_map: dict[str, str], denied: str) -> None:
    less = {**given_map, denied: "deny"}
    for name in (*NAMES, None):
        for level in ("read", "write", "admin"):
            assert allows(given_map, name, level) or not allows(less, name, level)


@given(maps, some.sampled_from(NAMES))
def test_write_is_more_than_read(given_map: dict[str, str], name: str) -> None:
    assert allows(given_map, name, "read") or not allows(given_map, name, "write")


def oracle_merged(maps_given: list[dict[str, str]]) -> dict[str, str]:
    """Merge as one would on paper: look at each name, and take the best that anybody says of it."""
    best = ["admin", "write", "read"]
    written = [canonical(one) for one in maps_given]
    result = {}
    for name in {name for one in written for name in one}:
        said = [one[name] for one in written if name in one]
        result[name] = next((level for level in best if level in said), said[0])
    return result


@given(some.lists(spelt, max_size=4))
def test_of_several_maps_the_best_counts(maps_given: list[dict[str, str]]) -> None:
    assert merged(*maps_given) == oracle_merged(maps_given)


@given(spelt, groups)
def test_an_active_group_takes_the_place_of_the_own_map(own: dict[str, str], given_groups: list[Any]) -> None:
    decides = effective(own, given_groups)
    active = [one for on, one in given_groups if on]
    if own.get("IsAdmin") in {"admin", "true"} or not given_groups:
        assert decides == own
    elif active:
        for name in set(NAMES) - PERSONAL:
            for level in ("read", "write", "admin"):
                assert allows(decides, name, level) == allows({**oracle_merged(active), "IsAdmin": "deny"}, name, level)
    else:
        assert decides == (own or {"IsAdmin": "deny"})


@given(spelt, groups.filter(bool))
def test_no_group_makes_an_administrator_or_trusts_with_passwords(own: dict[str, str], given_groups: list[Any]) -> None:
    decides = effective(own, given_groups)
    if own.get("IsAdmin") not in {"admin", "true"}:
        assert not is_admin(decides)
        assert not can_reset_passwords(decides) or (can_reset_passwords(own) and not any(on for on, _ in given_groups))


@given(spelt)
def test_trust_changes_nothing_else(given_map: dict[str, str]) -> None:
    more = with_reset_password(given_map, administrator=is_admin(given_map))
    less = without_reset_password(given_map)
    assert (can_reset_passwords(more), can_reset_passwords(less)) == (True, False)
    assert is_admin(more) == is_admin(less) == is_admin(given_map)


def built(permissions: dict[str, str], group: UserGroup | None = None, **fields: Any) -> User:
    """Make an account that no database knows, in an organisation with a permission of its own."""
    organisation = Organisation(id="a" * 24, additional_permissions={"pets": "Pets"})
    return User(email="e@example.com", organisation=organisation, user_permissions=permissions, group=group, **fields)


def given_to_themselves(
    actor: User, wanted: dict[str, str], in_group: dict[str, str] | None
) -> tuple[dict[str, str], ...]:
    """The permissions, with the group's and without, that somebody may give themselves; none where it is refused."""
    group = None if in_group is None else UserGroup(user_permissions=in_group)
    before, after = built(actor.user_permissions, id=actor.id), built(wanted, group, id=actor.id)
    try:
        check_can_manage(actor, after)
        check_no_escalation(actor, after, before)
    except ApplicationError:
        return ()
    return after.permissions, after.user_permissions


@given(ordinary, spelt, spelt | some.none())
def test_nobody_raises_anybody_above_themselves(
    holder: dict[str, str], wanted: dict[str, str], in_group: dict[str, str] | None
) -> None:
    actor = built({**holder, "users": "write"})
    for permissions in given_to_themselves(actor, wanted, in_group):
        assert not is_admin(permissions)
        for name in NAMES:
            for level in ("read", "write", "admin"):
                assert actor.allows(name, level) or not allows(permissions, name, level)


@given(spelt, spelt | some.none(), some.sampled_from(["apis", "users", "policies", "pets"]))
def test_an_administrator_gives_nobody_what_they_are_denied(
    wanted: dict[str, str], in_group: dict[str, str] | None, denied: str
) -> None:
    actor = built({"IsAdmin": "admin", "ResetPassword": "admin", denied: "deny"})
    for permissions in given_to_themselves(actor, wanted, in_group):
        assert canonical(permissions).get(denied, "deny") == "deny"
        assert not any(allows(permissions, denied, level) for level in ("read", "write", "admin"))


@given(spelt)
def test_who_sees_the_traffic_of_some_apis_gives_that_of_no_others(wanted: dict[str, str]) -> None:
    holder = {"users": "write", "analytics": "read", "owned_analytics": "read"}
    if covers(holder, wanted):
        assert allows(wanted, "owned_analytics") or not allows(wanted, "analytics")


def test_that_is_not_shaken_off_either() -> None:
    holder = {"users": "write", "analytics": "read", "owned_analytics": "read"}
    actor, less = built(holder), {"users": "write", "analytics": "read"}
    with pytest.raises(ApplicationError):
        check_no_escalation(actor, built(less, id=actor.id), actor)
    check_no_escalation(actor, built({**less, "owned_analytics": "read"}, id=actor.id), actor)
    check_no_escalation(actor, built({"users": "write"}, id=actor.id), actor)


@pytest.mark.parametrize("denied", ["owned_analytics", "ResetPassword"])
def test_who_is_denied_nothing_that_counts_gives_everything(denied: str) -> None:
    assert covers({"IsAdmin": "admin", denied: "deny"}, {"IsAdmin": "admin"})


@given(spelt)
def test_only_what_nobody_defined_is_strange(given_map: dict[str, str]) -> None:
    assert unknown_permissions(given_map, {"pets"}) == []
    assert unknown_permissions(given_map, ()) == (["pets"] if "pets" in given_map else [])
    odd = {name for name, level in given_map.items() if level in {"odd", "true", "false"} and name != "pets"}
    fine = {"IsAdmin"} if given_map.get("IsAdmin") in {"true", "false"} else set()
    assert set(unknown_levels(given_map)) == odd - fine


def test_a_map_in_words() -> None:
    assert (
        permissions_summary({"zoo": "x", "pets": "y", "keys": "deny", "log": "read", "apis": "write"}, {"pets": "Pets"})
        == "Logs: read, APIs: write, Pets: y, zoo (unknown): x"
    )
    assert permissions_summary({}, {}) == ""


@pytest.mark.parametrize(
    ("own", "given", "left"),
    [
        ({"apis": "write", "keys": "write"}, {"apis": "read"}, {"apis": "read"}),
        ({"apis": "read"}, {"apis": "write", "keys": "read"}, {"apis": "read"}),
        ({"apis": "write", "users": "deny"}, {"apis": "deny", "users": "write"}, {"apis": "deny", "users": "deny"}),
        ({"keys": "write", "ResetPassword": "admin"}, {"apis": "read"}, {"IsAdmin": "deny"}),
        ({"policy": "write"}, {"policies": "read"}, {"policies": "read"}),
        ({"custom": "a", "other": "a"}, {"custom": "a", "other": "b"}, {"custom": "a"}),
        ({"analytics": "read"}, {"analytics": "read", "owned_analytics": "read"}, OWNED),
        (OWNED, {"analytics": "read"}, OWNED),
        ({}, {"apis": "read"}, {"IsAdmin": "deny"}),
        ({"apis": "read"}, {}, {"IsAdmin": "deny"}),
        ({"IsAdmin": "admin"}, {"apis": "read"}, {"IsAdmin": "admin"}),
    ],
)
def test_what_slept_under_a_group_does_not_wake_when_it_goes(
    own: dict[str, str], given: dict[str, str], left: dict[str, str]
) -> None:
    assert left_without_group(own, True, given) == left
    assert left_without_group(own, False, given) == (own or {"IsAdmin": "deny"})


@given(spelt, spelt)
def test_nobody_gains_by_a_group_that_goes(own: dict[str, str], group: dict[str, str]) -> None:
    group = {name: level for name, level in group.items() if name not in PERSONAL}
    before, after = effective(own, [(True, group)]), effective(left_without_group(own, True, group))
    for name in {*OBJECTS, *own} - {"owned_analytics"}:
        assert [level for level in RANKS if allows(after, name, level) and not allows(before, name, level)] == []
    if allows(before, "owned_analytics") and not is_admin(before):
        assert allows(after, "owned_analytics") or not allows(after, "analytics")
