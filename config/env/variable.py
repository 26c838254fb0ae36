"""One variable, and the only place that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from config.casts import Cast
from config.notation import OtherNotation

T = TypeVar("T")


class BadVariable(SystemExit):
    """A variable whose value cannot be used; its text names the variable, the value and the remedy.

    Whichever program reads the environment (Django's commands, gunicorn, Celery) ends with that one line and code 1:
    Python prints no traceback of a ``SystemExit``.
    """


@dataclass(frozen=True)
class Variable(Generic[T]):
    """One variable: ``read()`` gives its typed value or raises ``BadVariable``."""

    name: str
    cast: Cast[T]
    default: str
    description: str
    secret: bool = False
    fallback: Variable[T] | None = None  # whose value is taken when this one is not given

    def read(self) -> T:
        """Give the typed value of the environment, else of the default."""
        given = self._given()
        if given is None:
            return self.fallback.read() if self.fallback else self.cast.parse(self.default)
        try:
            return self.cast.parse(given)
        except ValueError as error:
            shown = "the value given (not shown, it is a secret)" if self.secret else repr(given)
            hint = f" Write {error.meant}" if isinstance(error, OtherNotation) and not self.secret else ""
            raise BadVariable(f"{self.name}: {shown} is not {self.cast.expects}: {error}.{hint}") from error

    def _given(self) -> str | None:
        direct = os.environ.get(self.name, "").strip()
        file = os.environ.get(f"{self.name}_FILE", "").strip() if self.secret else ""
        if direct and file:
            raise BadVariable(f"{self.name} and {self.name}_FILE are both given; give one of them.")
        return (self._content(file) if file else direct) or None

    def _content(self, file: str) -> str:
        try:
            return Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadVariable(f"{self.name}_FILE: {file!r} is not a readable text file: {error}.") from error


class Section(dict[str, Variable[Any]]):
    """The variables under one heading of the documents, by name."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title

    def read(
        self,
        name: str,
        cast: Cast[T],
        default: str,
        description: str,
        *,
        secret: bool = False,
        fallback: Variable[T] | None = None,
    ) -> T:
        """Declare a variable, and give its value. ``default`` is as it would be written. Raises ``BadVariable``."""
        self[name] = variable = Variable(name, cast, default, description, secret, fallback)
        return variable.read()
