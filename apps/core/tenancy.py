"""Which rows a caller may see: the only place that decides it.

*Which verbs* is another question, answered by ``apps.core.permissions``; the two never mix. Who owns which API is
known to the app of the APIs, which lies above this one and registers itself: ``register_ownership``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

M = TypeVar("M", bound=models.Model, covariant=True)


class Caller(Protocol):
    """Whoever asks: a user, the holder of the admin secret, or nobody (Django's anonymous user)."""

    @property
    def is_authenticated(self) -> Any:
        """Whether the caller is known at all."""

    @property
    def is_active(self) -> Any:
        """Whether the caller may still come in."""


class Ownership(Protocol):
    """What is asked of the app that knows who owns which API. API ids are public ones unless said otherwise."""

    def visible_apis(self, user: Any, organisation: str) -> frozenset[str]:
        """Give the APIs of an organisation that a user owns, alone or through a group, or that nobody owns."""

    def apis_owned_by(self, owner: Any) -> frozenset[str]:
        """Give the APIs that a user or a user group owns."""

    def owned_ids(self, owner: Any) -> list[str]:
        """Give the internal ids of the APIs that a user or a user group owns, in order."""

    def internal_ids(self, apis: frozenset[str]) -> models.QuerySet[Any, str]:
        """Give the internal ids of some APIs, for a subquery."""


_ownership: Ownership | None = None


def register_ownership(ownership: Ownership) -> None:
    """Say who knows the owners of APIs; the app that does calls it when it is ready."""
    global _ownership
    _ownership = ownership


def ownership() -> Ownership:
    """Give who knows the owners of APIs. Raises ``ImproperlyConfigured`` when no app has said so."""
    if _ownership is None:
        raise ImproperlyConfigured("No installed app has called apps.core.tenancy.register_ownership().")
    return _ownership


@dataclass(frozen=True)
class Scope:
    """The rows a caller may see: those of an organisation, and of these only some APIs' rows.

    ``organisation`` is an id, or ``None`` for every organisation (super users, the admin secret).
    ``apis`` are public API ids, or ``None`` for all APIs. The scope of nobody matches no row.
    """

    organisation: str | None
    apis: frozenset[str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing that is told by API can match, as traffic is."""
        return self.organisation == "" or self.apis == frozenset()


EVERYTHING = Scope(organisation=None)
NOTHING = Scope(organisation="", apis=frozenset())


def scope_of(user: Caller) -> Scope:
    """Give the scope of a caller.

    It is the own organisation, or every one for a user who belongs to none. With ``ENABLE_OWNERSHIP`` it has only
    the APIs that the caller owns or nobody owns, unless the caller is an administrator.
    """
    if not (user.is_authenticated and user.is_active):
        return NOTHING
    known: Any = user
    organisation: str | None = known.organisation_id
    if not settings.ENABLE_OWNERSHIP or organisation is None or known.allows(None):
        return Scope(organisation)
    return Scope(organisation, _visible_apis(known, organisation))


def sees_apis_of_group(user: Caller, group: Any) -> bool:
    """Tell whether a caller sees every API that a user group owns."""
    seen = scope_of(user).apis
    return seen is None or seen >= ownership().apis_owned_by(group)


_seen: ContextVar[dict[tuple[Any, str], frozenset[str]] | None] = ContextVar("seen", default=None)


@contextmanager
def scopes_kept() -> Iterator[None]:
    """Work out what somebody sees once while this lasts, which is a request and never longer."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def forget_scopes() -> None:
    """Work out what somebody sees each time from now on: something was changed, and that may be rolled back yet."""
    _seen.set(None)


def _visible_apis(user: Any, organisation: str) -> frozenset[str]:
    """Ask the app of the APIs, but not twice in a request."""
    seen = _seen.get()
    if seen is None:
        return ownership().visible_apis(user, organisation)
    if (user, organisation) not in seen:
        seen[user, organisation] = ownership().visible_apis(user, organisation)
    return seen[user, organisation]


class TenantQuerySet(models.QuerySet[M]):
    """Rows that belong to an organisation through ``organisation_field`` (a foreign key or its id).

    Each subclass says in ``api_lookup`` how its rows hang on APIs: by a lookup that leads to a *public* API id, such
    as ``"api_id"`` (a text) or ``"api__api_id"`` (over a foreign key); by a method that takes public ids and keeps the
    rows that may be seen by whoever sees these APIs, where a row names several; or by ``None``: not at all. There is
    no default, and a check at start tells who has forgotten it (core.E006).
    """

    organisation_field = "organisation"
    api_lookup: str | Callable[[frozenset[str]], models.QuerySet[Any]] | None

    def visible_to(self, user: Caller) -> Self:
        """Keep the rows the caller may see."""
        return self.within(scope_of(user))

    def within(self, scope: Scope) -> Self:
        """Keep the rows of a scope; rows that hang on an API only when the scope has that API.

        Raises:
            ImproperlyConfigured: nobody has said how these rows hang on APIs.
        """
        if not hasattr(self, "api_lookup"):
            raise ImproperlyConfigured(f"{type(self).__name__} does not declare api_lookup.")
        if scope.organisation == NOTHING.organisation:
            return self.none()
        rows: Any = self if scope.organisation is None else self.filter(**{self.organisation_field: scope.organisation})
        if scope.apis is not None and self.api_lookup is not None:
            by_lookup = isinstance(self.api_lookup, str)
            rows = rows.filter(**{f"{self.api_lookup}__in": scope.apis}) if by_lookup else rows.api_lookup(scope.apis)
        kept: Self = rows
        return kept
