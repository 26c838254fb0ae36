"""Second factors: set up, asked for, removed."""

from __future__ import annotations

from django.db import transaction

from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.core.throttling import code_count, count_attempt, reset_counts, set_up_count
from apps.users.models import RecoveryCode, TwoFactor, User
from apps.users.services.access_checks import AccessDenied, check_can_manage
from apps.users.services.sessions import end_sessions
from apps.users.totp import matching_step


class WrongCode(ApplicationError):
    """A code is wrong, too old, or was used before: which of these is nobody's business."""

    status = 403
    message = "The code is wrong, or was used before"


class AlreadySetUp(ApplicationError):
    """The user has a second factor: it goes before another comes."""

    status = 409
    message = "Two-factor log-in is on already"


class NotSetUp(ApplicationError):
    """There is no second factor that could go."""

    status = 409
    message = "Two-factor log-in is off already"


class TwoFactorRequired(ApplicationError):
    """The organisation wants its users to have a second factor."""

    status = 403
    message = "Your organisation asks for two-factor log-in"


def check_code(*, user: User, code: str) -> None:
    """Use up a code of the user's device, or a recovery code. Raises ``WrongCode`` and ``TooManyAttempts``."""
    count = code_count(user.pk)
    count_attempt(count)
    if not _consume(user, code):
        raise WrongCode
    reset_counts(count)


def _consume(user: User, code: str) -> bool:
    device = TwoFactor.objects.filter(user=user).first()
    if device is None:
        return False
    if device.verify(code):
        return True
    if not RecoveryCode.objects.consume(user, code):
        return False
    record_event(action="Use Recovery Code", kind="user", id=user.pk, organisation=user.organisation_id)
    return True


@transaction.atomic
def set_up_two_factor(*, user: User, seed: str, code: str) -> list[str]:
    """Have a user log in with a code from now on, once one shows that their device has the seed.

    Gives the recovery codes, here and never again; other sessions end. Whoever has a second factor is refused before
    anything else, and these codes are counted for themselves: whoever set-up shows a seed to makes right ones as they
    like, which must never forgive a wrong one at log-in. Raises ``AlreadySetUp``, ``WrongCode`` and
    ``TooManyAttempts``.
    """
    if TwoFactor.objects.filter(user=User.objects.select_for_update().get(pk=user.pk)).exists():
        raise AlreadySetUp
    count_attempt(set_up_count(user.pk))
    step = matching_step(seed, code)
    if step is None:
        raise WrongCode
    user.two_factor = TwoFactor.from_seed(user, seed, step)
    user.two_factor.save(force_insert=True)
    _record_switch(user, "Switch On Two-Factor Log-In", on=True)
    return RecoveryCode.objects.renew(user)


@transaction.atomic
def renew_recovery_codes(*, user: User, code: str) -> list[str]:
    """Give a user new recovery codes in place of the old ones. Raises ``WrongCode`` and ``TooManyAttempts``."""
    check_code(user=user, code=code)
    record_event(action="Renew Recovery Codes", kind="user", id=user.pk, organisation=user.organisation_id)
    return RecoveryCode.objects.renew(user)


@transaction.atomic
def switch_off_two_factor(*, user: User, code: str) -> None:
    """Let a user log in without codes again; they have given their password.

    Raises ``TwoFactorRequired`` and ``WrongCode``.
    """
    if user.organisation and user.organisation.require_two_factor:
        raise TwoFactorRequired
    check_code(user=user, code=code)
    _remove(user, "Switch Off Two-Factor Log-In")


@transaction.atomic
def remove_two_factor(*, user: User, actor: User | None = None) -> None:
    """Take the second factor from a user who has lost it; where it is demanded they set up another one.

    Nobody does it to themselves: that takes password and code. Raises ``AccessDenied`` and ``NotSetUp``.
    """
    if actor is not None and actor == user:
        raise AccessDenied("Switch off your own two-factor log-in on your profile page")
    check_can_manage(actor, user)
    if not TwoFactor.objects.filter(user=user).exists():
        raise NotSetUp
    _remove(user, "Remove Second Factor")


def _remove(user: User, action: str) -> None:
    TwoFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    user.refresh_from_db()
    _record_switch(user, action, on=False)


def _record_switch(user: User, action: str, *, on: bool) -> None:
    end_sessions(user=user)
    was, is_now = {"two_factor": not on}, {"two_factor": on}
    record_event(action=action, kind="user", id=user.pk, organisation=user.organisation_id, before=was, after=is_now)
