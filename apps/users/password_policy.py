"""What a password must be like, and how long it lasts.

The rules are those of ``schemas/password.json`` of the dashboard that Weir replaces; each is a setting, and
such a file may be given instead. Django knows them as password validators, so that every form and
``createsuperuser`` hold to them; ``password_problems`` asks all validators that are configured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

if TYPE_CHECKING:
    from apps.users.models import User

MAX_AGE_DAYS = 36_500  # days; dates end
MIN_LENGTH = 6  # what the clients of the REST endpoints were promised
REUSED = "It was used before."
WORDS = {1: "one", 2: "two", 3: "three"}


@dataclass(frozen=True)
class PasswordPolicy:
    """What a password must be like, whoever has it. ``descriptions`` tells it, ``violations`` tests it."""

    min_length: int
    multi_case: bool = False
    min_numeric: int = 0
    min_special: int = 0
    disable_sequential: bool = False

    @classmethod
    def from_file(cls, path: str) -> PasswordPolicy:
        """Read a ``password.json``. Raises ``ValueError`` or ``OSError`` when it is none."""
        data = json.loads(Path(path).read_text())
        if not isinstance(data, dict):
            raise ValueError("not a JSON object")
        return cls(
            min_length=max(MIN_LENGTH, int(data.get("minLength", 0))),
            multi_case=bool(data.get("multiCase", False)),
            min_numeric=int(data.get("minNumeric", 0)),
            min_special=int(data.get("minSpecial", 0)),
            disable_sequential=bool(data.get("disableSequential", False)),
        )

    def violations(self, password: str) -> list[str]:
        """Give the text of every rule that a password breaks."""
        return [text for text, holds in self._results(password) if not holds]

    def descriptions(self) -> list[str]:
        """Give the text of every rule."""
        return [text for text, _ in self._results("")]

    def _results(self, password: str) -> Iterator[tuple[str, bool]]:
        yield f"It needs at least {self.min_length} characters.", len(password) >= self.min_length
        if self.multi_case:
            both = any(map(str.isupper, password)) and any(map(str.islower, password))
            yield "It needs upper and lower case letters.", both
        if self.min_numeric:
            yield (
                f"It needs {_at_least(self.min_numeric, 'digit')}.",
                sum(map(str.isdigit, password)) >= self.min_numeric,
            )
        if self.min_special:
            special = sum(not character.isalnum() for character in password)
            text = f"It needs {_at_least(self.min_special, 'character')} other than letters and digits."
            yield text, special >= self.min_special
        if self.disable_sequential:
            text = "It may not have three characters in sequence or repeated, like abc, 321 or xxx."
            yield text, not is_sequential(password)


def _at_least(number: int, noun: str) -> str:
    return f"at least {WORDS.get(number, number)} {noun}{'' if number == 1 else 's'}"


def is_sequential(password: str) -> bool:
    """Tell whether three characters follow each other up or down (letters or digits, whatever their case) or repeat."""
    steps = [_step(*pair) for pair in pairwise(password.lower())]
    return any(one is not None and one == next_one for one, next_one in pairwise(steps))


def _step(one: str, another: str) -> int | None:
    """How far it is from one character to the next, where that means something."""
    if one == another:
        return 0
    alike = (one.isdigit() and another.isdigit()) or (one.isalpha() and another.isalpha())
    step = ord(another) - ord(one)
    return step if alike and abs(step) == 1 else None


def current_policy() -> PasswordPolicy:
    """Give the rules of this installation."""
    if settings.PASSWORD_RULES_FILE:
        return _policy_of_file(settings.PASSWORD_RULES_FILE)
    return PasswordPolicy(
        min_length=max(MIN_LENGTH, settings.PASSWORD_MIN_LENGTH),
        multi_case=settings.PASSWORD_MULTI_CASE,
        min_numeric=settings.PASSWORD_MIN_NUMERIC,
        min_special=settings.PASSWORD_MIN_SPECIAL,
        disable_sequential=settings.PASSWORD_DISABLE_SEQUENTIAL,
    )


_policy_of_file = cache(PasswordPolicy.from_file)


class PolicyValidator:
    """The rules, as Django asks for them."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` with the text of every rule that is broken."""
        if texts := current_policy().violations(password):
            raise ValidationError(texts)

    def get_help_text(self) -> str:
        """Give all rules, for forms."""
        return " ".join(current_policy().descriptions())


class HistoryValidator:
    """Refuses the present password of a user, and as many earlier ones as ``ENFORCE_PASSWORD_HISTORY`` says."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` when the user had this password."""
        if user is not None and any(check_password(password, known) for known in self._known(user)):
            raise ValidationError(REUSED)

    def get_help_text(self) -> str:
        """Give the rule, for forms."""
        number = settings.ENFORCE_PASSWORD_HISTORY
        return f"It may be none of the last {number}." if number > 1 else "It may not be the present one."

    @staticmethod
    def _known(user: User) -> Iterator[str]:
        if user.password:
            yield user.password
        if remembered := history_length():
            yield from user.old_passwords.values_list("password", flat=True)[:remembered]


def history_length() -> int:
    """How many passwords before the present one are kept, as hashes."""
    return max(0, settings.ENFORCE_PASSWORD_HISTORY - 1)


def password_problems(password: str, user: User | None = None) -> list[str]:
    """Give the texts of the rules that a password breaks; with a user, it may be none they had."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return error.messages
    return []


def expires_at(user: User) -> datetime | None:
    """Give the time from which a user's password no longer opens anything, or ``None`` when it lasts.

    The user's own number of days goes before the active group's, and that before ``USER_PASSWORD_MAX_DAYS``.
    A password that nobody dated is as old as the account.
    """
    days = _max_days(user)
    if not days or user.pk is None or not user.has_usable_password():
        return None
    return (user.password_updated or user.created_at) + timedelta(days=days)


def is_expired(user: User) -> bool:
    """Tell whether a user must take a new password because the present one is too old."""
    end = expires_at(user)
    return end is not None and end <= timezone.now()


def _max_days(user: User) -> int:
    of_group = user.group.password_max_days if user.group and user.group.active else 0
    site: int = settings.USER_PASSWORD_MAX_DAYS
    return min(user.password_max_days or of_group or site, MAX_AGE_DAYS)
