"""Passwords: set, by the rules, and remembered so that they are not taken again.

Who forgot theirs gets a link by mail, good once and for ``PASSWORD_RESET_TIMEOUT`` seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.core.throttling import count_attempt, own_password_count, reset_counts
from apps.outbox import services as outbox
from apps.users.models import OldPassword, User
from apps.users.password_policy import history_length, password_problems
from apps.users.services.access_checks import check_can_set_password
from apps.users.services.sessions import end_sessions

RESET_LINKS = "users.reset_links"
RESET_ATTEMPTS = 9  # some twenty minutes; who still wants a link then has asked again
USER_ID = re.compile(r"[0-9a-f]{24}")


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


def check_own_password(*, user: User, password: str, may_be_first: bool = True) -> None:
    """Make sure that this is a user's present password; who has none need not know it, if they may get a first one.

    It is counted: a session or a key that fell into wrong hands is no way to guess the password.
    Raises ``WrongPassword`` and ``TooManyAttempts``.
    """
    count = own_password_count(user.pk)
    count_attempt(count)
    has_one = bool(user.password) and user.has_usable_password()
    if not (user.check_password(password) if has_one else may_be_first):
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


class ResetLinkExpired(ApplicationError):
    """A link is too old, was used, or was never sent."""

    status = 403
    message = "The link is no longer good: it works once, and for a short time. Ask for a new one."


class _Tokens(PasswordResetTokenGenerator):
    """Django's, which die with the password; ours die with the sessions too."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_generation}"


_tokens = _Tokens()


def request_reset_links(*, email: str, origin: str) -> None:
    """Have an e-mail address mailed links for a new password. It takes no longer for one that somebody has.

    ``origin`` is where Weir was asked, ``https://weir.example.com``; links begin with it while there is no
    ``PUBLIC_URL``. The queue carries the id of the delivery alone: neither address can be said by who writes to Redis.
    """
    outbox.put(RESET_LINKS, {"email": email, "origin": origin}, about=email)


def deliver_reset_links(payload: dict[str, Any]) -> None:
    """Send an e-mail address one mail with a link for each account it has: none when there is none.

    Only accounts that log in with a password are told of; who comes through an identity provider has none to
    forget. The links are made when the mail is sent: their time begins then, and they are stored nowhere.
    """
    email, base = payload["email"], (settings.PUBLIC_URL or payload["origin"]) + reverse("password-from-link")
    users = User.objects.active().with_email(email).select_related("organisation")
    links = {user: f"{base}#{reset_code(user)}" for user in users if user.has_usable_password()}
    if not links:
        return
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    text = render_to_string("users/password_reset_email.txt", {"links": links, "minutes": minutes})
    send_mail("New password for Weir", text, settings.EMAIL_FROM, [next(iter(links)).email])
    for user in links:
        record_event(action="Send Password Link", kind="user", id=user.pk, organisation=user.organisation_id)


def reset_code(user: User) -> str:
    """Make what lets its bearer give a user a new password, once."""
    return f"{user.pk}-{_tokens.make_token(user)}"


def user_of_reset_code(code: str) -> User:
    """Give the user whose password a code may change. Raises ``ResetLinkExpired``."""
    pk, _, token = code.strip().partition("-")
    user: User | None = User.objects.active().filter(pk=pk).first() if USER_ID.fullmatch(pk) else None
    if user is None or not _tokens.check_token(user, token):
        raise ResetLinkExpired
    return user


@transaction.atomic
def reset_password(*, code: str, password: str) -> User:
    """Give the user of a code a new password, which ends the code and every session.

    Raises ``ResetLinkExpired`` and ``PasswordRefused``.
    """
    user = user_of_reset_code(code)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.password != user.password:  # of two who come with the same link, the second is too late
        raise ResetLinkExpired
    record_event(action="Recover Password", kind="user", id=user.pk, organisation=user.organisation_id)
    return set_password(user=locked, password=password, actor=locked)
