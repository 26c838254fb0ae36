"""What happens to users: made, changed, by themselves too, revoked, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.services import audited, record_event
from apps.core.exceptions import ApplicationError
from apps.core.tenancy import ownership
from apps.users.models import AccessKey, User
from apps.users.password_policy import password_problems
from apps.users.permissions import (
    DENY,
    IS_ADMIN,
    can_reset_passwords,
    canonical,
    with_reset_password,
    without_reset_password,
)
from apps.users.querysets import GroupElsewhere
from apps.users.services.access_checks import (
    check_administrator_left,
    check_can_manage,
    check_no_escalation,
    one_by_one,
)
from apps.users.services.access_keys import (
    import_access_key,
    is_access_key_of,
    issue_access_key,
    needs_new_key,
    show_once_keep,
)
from apps.users.services.passwords import PasswordRefused, set_password
from apps.users.services.sessions import end_sessions

OWN_FIELDS = ("first_name", "last_name", "time_zone")  # what people change of their own account


class EmailTaken(ApplicationError):
    """Another account has this e-mail address."""

    status = 403
    message = "User email already exists for this Org"


@transaction.atomic
def create_user(user: User, *, password: str | None = None, actor: User | None = None) -> str:
    """Write a new account and give its access key in plain text, here and never again.

    Without an organisation the account is a super user's. Without a password nobody can log in until
    one is set; the access key works at once. An empty permission map makes an administrator, and is
    refused unless Weir itself asks. Raises ``EmailTaken``, ``PasswordRefused``, ``GroupElsewhere`` and
    the refusals of ``access_checks``.
    """
    with audited(user, "Create", actor=actor):
        _normalise(user, actor)
        check_can_manage(actor, user)
        check_no_escalation(actor, user)
        if password and (violations := password_problems(password, user)):
            raise PasswordRefused(violations)
        user.set_password(password or None)
        user.password_updated = timezone.now() if password else None
        user.must_change_password = user.must_change_password or settings.FORCE_FIRST_LOGIN_PW_RESET
        _claim_email(user)
    return issue_access_key(user)


def change_user(user: User, changes: Mapping[str, Any], *, actor: User | None = None) -> User:
    """Change fields of an account; who becomes inactive is out at once, and has a new access key when active again.

    Raises ``EmailTaken``, ``GroupElsewhere`` and the refusals of ``access_checks``.
    """
    return _change("Update", user, changes, actor)


def revoke_user(user: User, *, actor: User | None = None) -> User:
    """Make an account inactive: its sessions end, and so does its access key. Raises ``AccessDenied``."""
    return _change("Revoke", user, {"is_active": False}, actor)


def admin_secret_permissions(user: User) -> dict[str, str]:
    """Give the own map of a user who is made with the admin secret: what was given, and nothing beside it.

    Who was given no map is an administrator who may reset passwords (dashboard admin API, 5.13); in a group it is the
    group that says what they may do.
    """
    if user.user_permissions:
        return canonical(user.user_permissions)
    return {IS_ADMIN: DENY} if user.group else with_reset_password({}, administrator=True)


@transaction.atomic
def change_user_with_secret(*, user: User, changes: Mapping[str, Any], password: str = "", access_key: str = "") -> str:
    """Write changes of an account with its new password and with a key from an older dashboard, if there are any.

    Gives the access key that the account has now, if it was given, else "". Raises what ``change_user``,
    ``set_password`` and ``import_access_key`` raise.
    """
    change_user(user=user, changes=changes)
    if password:
        set_password(user=user, password=password, first=True)
    if access_key and not is_access_key_of(user, access_key):
        import_access_key(user=user, key=access_key)
    return access_key


@transaction.atomic
def _change(verb: str, user: User, changes: Mapping[str, Any], actor: User | None) -> User:
    one_by_one(user)
    with audited(user, verb, changes, actor=actor) as stored:
        before = cast("User", stored)  # it is no new one
        if actor == user:
            actor = before  # the rights of before the change, whichever object brings it
        _normalise(user, actor, before)
        check_can_manage(actor, before)
        check_can_manage(actor, user)
        check_no_escalation(actor, user, before)
        check_administrator_left(before, user)
        if (user.email, user.organisation_id) != (before.email, before.organisation_id):
            _claim_email(user)  # not otherwise: it may be one of several from when ENABLE_MULTI_ORG_USERS was on
    if before.is_active and not user.is_active:
        end_sessions(user=user)
        AccessKey.objects.filter(user=user).delete()
    elif user.is_active and not before.is_active and needs_new_key(user):
        show_once_keep(user, issue_access_key(user))
    return user


@transaction.atomic
def change_profile(*, user: User, first_name: str, last_name: str, time_zone: str) -> User:
    """Write a user's own name and time zone, which takes no permission (an IANA name, or "" for the site's)."""
    stored = User.objects.select_for_update().get(pk=user.pk)
    before = {name: getattr(stored, name) for name in OWN_FIELDS}
    user.first_name, user.last_name, user.time_zone = first_name, last_name, time_zone
    user.save(update_fields=OWN_FIELDS)
    after = {name: getattr(user, name) for name in OWN_FIELDS}
    record_event(
        action="Update Profile", kind="user", id=user.pk, organisation=user.organisation_id, before=before, after=after
    )
    return user


@transaction.atomic
def delete_user(user: User, *, actor: User | None = None) -> None:
    """Delete an account, which may be the actor's own, and all that is its. Raises ``AccessDenied``."""
    also, apis = {"owned_apis": ownership().owned_ids(user)}, ownership().apis_owned_by(user)
    one_by_one(user)
    with audited(user, "Delete", actor=actor, delete=True, also=also, apis=apis) as stored:
        check_can_manage(actor, user)
        check_administrator_left(cast("User", stored))


def allow_reset_passwords(*, user: User, allowed: bool) -> User:
    """Trust somebody with the passwords of others, or no longer; only the holder of the admin secret does this."""
    with audited(user, "Update"):
        own = user.user_permissions
        if allowed:
            user.user_permissions = with_reset_password(own, administrator=user.is_admin)
        else:
            user.user_permissions = without_reset_password(own)
    return user


def _normalise(user: User, actor: User | None, before: User | None = None) -> None:
    """Write an account's fields as they are stored. Nobody but Weir itself gives or takes ``ResetPassword``."""
    user.email = user.email.strip().lower()
    user.user_permissions = canonical(user.user_permissions)
    if actor is not None:
        user.user_permissions.pop("ResetPassword", None)
        if before and can_reset_passwords(before.user_permissions):
            user.user_permissions = with_reset_password(user.user_permissions, administrator=False)
    if before and before.group_id and not (user.group_id or user.user_permissions):
        user.user_permissions = {IS_ADMIN: DENY}  # leaving a group makes nobody an administrator
    if user.group and user.group.organisation_id != user.organisation_id:
        raise GroupElsewhere


def _claim_email(user: User) -> None:
    """Let the account have its e-mail address, or refuse; holds until the transaction ends."""
    User.objects.lock_email(user.email)
    if User.objects.with_same_email(user).exists():
        raise EmailTaken
