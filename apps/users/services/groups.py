"""What happens to user groups: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from django.db import transaction

from apps.audit.services import audited
from apps.core.exceptions import ApplicationError
from apps.core.tenancy import ownership, sees_apis_of_group
from apps.users.models import User, UserGroup
from apps.users.permissions import DENY, PERSONAL, canonical, covers, effective, left_without_group
from apps.users.services.access_checks import check_levels


class PersonalPermission(ApplicationError):
    """A group cannot give what only a person can be trusted with."""

    status = 403
    message = "A user group can have neither IsAdmin nor ResetPassword"


class GroupAccessDenied(ApplicationError):
    """The one who asks would give, take or reach for more than they have."""

    status = 403
    message = "access denied: You do not have permission to change this user group"


def create_group(group: UserGroup, *, actor: User | None = None) -> UserGroup:
    """Write a new group. Raises ``PersonalPermission``, ``UnknownLevels`` and ``GroupAccessDenied``."""
    with audited(group, "Create", actor=actor):
        _check(group, None, actor)
    return group


def change_group(group: UserGroup, changes: Mapping[str, Any], *, actor: User | None = None) -> UserGroup:
    """Change fields of a group; its members have what it gives with their next request.

    Raises what ``create_group`` raises, also when a member would gain or lose what the actor has not got.
    """
    with audited(group, "Update", changes, actor=actor) as before:
        _check(group, before, actor)
    return group


@transaction.atomic
def delete_group(group: UserGroup, *, actor: User | None = None) -> None:
    """Delete a group; its members stay, and what of their own permissions slept under it does not wake.

    Nor does a member whose own map is empty become an administrator by it. Raises ``GroupAccessDenied``.
    """
    also, apis = {"owned_apis": ownership().owned_ids(group)}, ownership().apis_owned_by(group)
    with audited(group, "Delete", actor=actor, delete=True, also=also, apis=apis) as stored:
        before = cast("UserGroup", stored)  # it is no new one
        _check_covered(actor, [before.user_permissions])
        members = list(group.members.select_for_update(of=("self",)).select_related("group").order_by("pk"))
        left = {member: _left_to(member, before, actor) for member in members}
    for member, permissions in left.items():
        if permissions != member.user_permissions:
            with audited(member, "Update", {"user_permissions": permissions}):
                pass


def _left_to(member: User, group: UserGroup, actor: User | None) -> dict[str, str]:
    """Give what a member is left whose group goes, which may take no more from them than the actor has."""
    own = member.user_permissions
    left = left_without_group(own, group.active, group.user_permissions)
    _check_covered(actor, [] if member.permissions == left == own else [member.permissions, left, own])
    return left


def _check(group: UserGroup, before: UserGroup | None, actor: User | None) -> None:
    """Put a group's map in order, and hold the actor to the rules."""
    given = canonical(group.user_permissions)
    if any(given.get(name, DENY) != DENY for name in PERSONAL):
        raise PersonalPermission
    group.user_permissions = {name: level for name, level in given.items() if name not in PERSONAL}
    check_levels(group.user_permissions, before.user_permissions if before else {})
    _check_no_escalation(actor, group, before)


def _check_no_escalation(actor: User | None, group: UserGroup, before: UserGroup | None) -> None:
    """Hold the actor to giving, taking and reaching for no more than they have."""
    if actor is None:
        return
    is_opened = before is not None and group.active and not before.active  # its members are owners again
    touched = [group.user_permissions, *(_changed_permissions(group, before) if before else [])]
    if is_opened and not sees_apis_of_group(actor, group):
        raise GroupAccessDenied
    _check_covered(actor, touched)


def _check_covered(actor: User | None, touched: Iterable[Mapping[str, str]]) -> None:
    """Hold the actor to maps of no more than they have; the empty map of a group gives nothing."""
    if actor and not all(not permissions or covers(actor.permissions, permissions) for permissions in touched):
        raise GroupAccessDenied


def _changed_permissions(group: UserGroup, before: UserGroup) -> Iterator[dict[str, str]]:
    """Give what each member may do before and after, where that differs."""
    for own in group.members.values_list("user_permissions", flat=True):
        was, will_be = (effective(own, [(one.active, one.user_permissions)]) for one in (before, group))
        if was != will_be:
            yield from (was, will_be)
