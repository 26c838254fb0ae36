"""Who may do something to an account.

Checks beside ``User.may_manage``, which says who is within reach and that nobody rules over who holds more: only a
super-admin makes administrators; nobody hands out what they have not got, not even in a map that a group hides, nor
lets anybody into a group that owns APIs they do not see; only who was trusted with it sets the passwords of others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import sees_apis_of_group
from apps.users.models import User
from apps.users.permissions import unknown_levels

AccessCheck = Callable[[User | None, User], None]


class AccessDenied(ApplicationError):
    """The user who asks may not do this to that account."""

    status = 403
    message = "access denied: You do not have permission to change this user"


class AdminGrantDenied(AccessDenied):
    """Only a super-admin makes administrators (dashboard 5.6)."""

    message = "access denied: You do not have permission to create administrators"


class PasswordResetDenied(AccessDenied):
    """The user who asks may not set the passwords of others.

    Status and wording are the documented ones: the text of a denial, as the default rules have it, after what all
    denials begin with (dashboard API, common errors).
    """

    message = "access denied: You do not have permission to reset the password for other users."
    message_for_admins = f"{message} As an admin user, this permission can be modified using OPA rules."


class NoPermissions(ApplicationError):
    """An empty map would make an administrator of somebody whom nobody meant to be one. The documented answer."""

    status = 403
    message = "To create a user specify at least one permission, or make them an admin."


class LastAdministrator(AccessDenied):
    """Nobody could administer the organisation afterwards. It is 400, as documented, where a user is to be deleted."""

    message = (
        "access denied: Nobody could administer the organisation any more. Make somebody else an administrator first"
    )


class UnknownLevels(ApplicationError):
    """A map gives levels that its permissions do not have; the text says of which."""

    status = 400


class KeyResetDenied(AccessDenied):
    """``FORBID_ADMIN_RESET_ACCESS_TOKEN``: users reset their own key only."""

    message = "access denied: You do not have permission to reset the access key of other users"


def check_can_manage(actor: User | None, user: User) -> None:
    """Hold the actor to what they may manage; staff are made by administrators only."""
    if actor and not (actor.may_manage(user) and (actor.is_admin or not user.is_staff)):
        raise AccessDenied


def check_no_escalation(actor: User | None, user: User, before: User | None = None) -> None:
    """Hold the actor to what they may give: ``user`` is the account as it is to be, ``before`` as it is.

    Raises ``NoPermissions``, ``AdminGrantDenied``, ``AccessDenied`` and ``UnknownLevels``.
    """
    check_levels(user.user_permissions, before.user_permissions if before else {})
    if actor is None:
        return
    is_new = before is None or before.user_permissions != user.user_permissions
    if is_new and not user.user_permissions:
        raise NoPermissions
    was_admin = before is not None and before.is_admin
    if user.is_admin and not was_admin and not actor.is_super_admin:
        raise AdminGrantDenied
    if is_new and not actor.may_grant(user.user_permissions):
        raise AccessDenied
    joins = user.group is not None and (before is None or before.group_id != user.group_id)
    if joins and not (sees_apis_of_group(actor, user.group) and _may_wake(actor, user)):
        raise AccessDenied


def _may_wake(actor: User, user: User) -> bool:
    """Tell whether somebody has what a user's group gives, which it may do later if it is not active now."""
    given = user.group.user_permissions if user.group else {}
    return not given or actor.may_grant(given)


def one_by_one(user: User) -> None:
    """Wait for whoever changes or deletes accounts of the same organisation, until the transaction ends.

    Before any account is locked: two administrators who take each other away would wait for each other without end.
    """
    if user.organisation_id is not None:
        User.objects.lock_administrators(user.organisation_id)


def check_administrator_left(before: User, after: User | None = None) -> None:
    """Refuse what would leave an organisation without anybody who can administer it, whoever asks.

    ``before`` is the account as it is stored, ``after`` as it is to be, ``None`` when it is to be deleted. Of two who
    take the last two away at once, the second is refused, if both came by ``one_by_one``. Raises ``LastAdministrator``.
    """
    organisation = before.organisation_id
    stays = after is not None and after.organisation_id == organisation and after.administers_organisation
    if stays or organisation is None or not before.administers_organisation:
        return
    if not User.objects.administering(organisation).exclude(pk=before.pk).exists():
        raise LastAdministrator(status=403 if after else 400)


def check_levels(permissions: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Refuse levels that do not exist; what an account or a group has already may stay."""
    changed = {name: level for name, level in permissions.items() if before.get(name) != level}
    if unknown := unknown_levels(changed):
        raise UnknownLevels(f"Unknown levels of permissions: {', '.join(unknown)}")


def check_can_set_password(actor: User | None, user: User) -> None:
    """Let people set their own password, and administrators that of others if they were trusted with it."""
    if actor is None or actor == user:
        return
    if not actor.allows(None):
        raise PasswordResetDenied
    if not (actor.may_reset_passwords or settings.ALLOW_ADMIN_RESET_PASSWORD):
        raise PasswordResetDenied(PasswordResetDenied.message_for_admins)
    check_can_manage(actor, user)


def check_can_reset_key(actor: User | None, user: User) -> None:
    """Let people reset their own key, and that of others if they may manage them and it is not forbidden."""
    if actor is None or actor == user:
        return
    if settings.FORBID_ADMIN_RESET_ACCESS_TOKEN:
        raise KeyResetDenied
    check_can_manage(actor, user)


def is_denied(check: AccessCheck, actor: User | None, user: User) -> bool:
    """Tell whether a check of this module would refuse, so that pages do not offer what would be."""
    try:
        check(actor, user)
    except ApplicationError:
        return True
    return False
