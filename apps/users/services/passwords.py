"""Passwords: set, by the rules, and remembered so that they are not taken again."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.users.models import OldPassword, User
from apps.users.password_policy import history_length, password_problems
from apps.users.services.access_checks import check_can_set_password
from apps.users.services.sessions import end_sessions
from apps.users.services.throttling import count_attempt, own_password_count, reset_counts


class PasswordRefused(ApplicationError):
    """A password breaks rules; ``problems`` are their texts."""

    status = 400

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__(f"Password refused: {' '.join(problems)}".rstrip("."))


@transaction.atomic
def set_password(*, user: User, password: str, actor: User | None = None, first: bool = False) -> User:
    """Give an account a new password; its sessions end, and the present password is remembered.

    Who had to take a new password has done so when they set it themselves (``actor`` is the owner), and has yet to when
    somebody else does. ``first`` says that the owner is to replace it at the first log-in where
    ``FORCE_FIRST_LOGIN_PW_RESET`` asks for that; what a user gives another before the first log-in is such a one.
    Raises ``PasswordRefused``, ``AccessDenied`` and ``PasswordResetDenied``.
    """
    check_can_set_password(actor, user)
    stored = User.objects.select_for_update().get(pk=user.pk)
    if violations := password_problems(password, stored):
        raise PasswordRefused(violations)
    _keep_old_password(stored)
    user.set_password(password)
    user.password_updated = timezone.now()
    user.must_change_password = actor != user and (
        stored.must_change_password or must_replace_at_login(stored, actor, first=first)
    )
    user.save(update_fields=["password", "password_updated", "must_change_password"])
    end_sessions(user=user)
    record_event(action="Reset Password", kind="user", id=user.pk, organisation=user.organisation_id)
    return user


class WrongPassword(ApplicationError):
    """Who changes their own password did not give the present one."""

    status = 403
    message = "The current password is wrong"


def check_own_password(*, user: User, password: str) -> None:
    """Make sure that this is a user's present password; who has none need not know it.

    It is counted: a session or a key that fell into wrong hands is no way to guess the password.
    Raises ``WrongPassword`` and ``TooManyAttempts``.
    """
    count = own_password_count(user.pk)
    count_attempt(count)
    if user.password and user.has_usable_password() and not user.check_password(password):
        raise WrongPassword
    reset_counts(count)


def must_replace_at_login(user: User, actor: User | None, *, first: bool) -> bool:
    """Tell whether the owner of a password that somebody else set has to replace it at the first log-in."""
    is_given = actor is not None and user.last_login is None
    return bool(settings.FORCE_FIRST_LOGIN_PW_RESET) and (first or is_given)


def _keep_old_password(user: User) -> None:
    """Keep the present password's hash, and as many before it as are asked for."""
    if user.password and user.has_usable_password() and history_length():
        OldPassword.objects.create(user=user, password=user.password, replaced_at=timezone.now())
    kept = user.old_passwords.values("pk")[: history_length()]
    user.old_passwords.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
