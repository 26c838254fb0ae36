"""Which rows a caller may see: the only place that decides it.

*Which verbs* is another question, answered by ``apps.core.permissions``; the two never mix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

M = TypeVar("M", bound=models.Model, covariant=True)

API_FIELDS = ("api", "api_id")
OWN = "apis.own_api"


class Caller(Protocol):
    """Whoever asks: a user, the holder of the admin secret, or nobody (Django's anonymous user)."""

    @property
    def is_authenticated(self) -> Any:
        """Whether the caller is known at all."""

    @property
    def is_active(self) -> Any:
        """Whether the caller may still come in."""


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
    return Scope(organisation, _open_apis(known, organisation))


def _open_apis(user: Any, organisation: str) -> frozenset[str]:
    """The public ids of an organisation's APIs that a user owns, alone or through a group, or that nobody owns."""
    from guardian.shortcuts import get_objects_for_group, get_objects_for_user  # their models load after ours

    every: Any = apps.get_model("apis", "Api")
    ours = every.objects.filter(organisation=organisation)
    if user.pk is None:  # somebody without account, from single sign-on
        owned = [get_objects_for_group(group, OWN, ours, accept_global_perms=False) for group in user.groups]
    else:
        owned = [get_objects_for_user(user, OWN, ours, with_superuser=False, accept_global_perms=False)]
    is_owned = Q(*(Q(pk__in=some.values("pk")) for some in owned), _connector=Q.OR)
    is_free = Q(is_owned=False)  # not: no owner rows, which go with a deleted owner
    return frozenset(ours.filter(is_free | is_owned).values_list("api_id", flat=True))


def sees_what_it_owns(user: Caller, group: Any) -> bool:
    """Tell whether a caller sees every API that a user group owns."""
    from guardian.shortcuts import get_objects_for_group

    seen = scope_of(user).apis
    if seen is None:
        return True
    owned: Any = get_objects_for_group(group, OWN, accept_global_perms=False)
    return seen.issuperset(owned.values_list("api_id", flat=True))


class TenantQuerySet(models.QuerySet[M]):
    """Rows that belong to an organisation through ``organisation_field`` (a foreign key or its id)."""

    organisation_field = "organisation"

    def visible_to(self, user: Caller) -> Self:
        """Keep the rows the caller may see."""
        return self.within(scope_of(user))

    def within(self, scope: Scope) -> Self:
        """Keep the rows of a scope; rows that name an API only when the scope has that API."""
        if scope.organisation == NOTHING.organisation:
            return self.none()
        conditions: dict[str, Any] = {}
        if scope.organisation is not None:
            conditions[self.organisation_field] = scope.organisation
        if scope.apis is not None and (field := self._api_field()):
            conditions[f"{field}__in"] = scope.apis
        return self.filter(**conditions)

    def _api_field(self) -> str | None:
        for name in API_FIELDS:
            try:
                self.model._meta.get_field(name)  # noqa: SLF001  (Django's documented way)
            except FieldDoesNotExist:
                continue
            return name
        return None
