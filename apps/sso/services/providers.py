"""Identity providers: set up, changed, removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from apps.audit.services import audited
from apps.organisations.models import Organisation
from apps.sso.models import GroupMapping, IdentityProvider
from apps.users.models import User, UserGroup

LISTED_AS = ("name", "slug", "issuer")  # what people take a button for, and where it leads


def may_list(user: User) -> bool:
    """Tell whether a user decides what stands on the log-in page, which people of every organisation see.

    Otherwise an organisation could put up a button that people of another one take for theirs.
    """
    return user.is_super_user or Organisation.objects.count() == 1


@transaction.atomic
def save_provider(
    provider: IdentityProvider,
    mappings: Iterable[tuple[str, UserGroup]],
    *,
    actor: User,
    changes: Mapping[str, Any] | None = None,
    secret: str | None = None,
) -> IdentityProvider:
    """Write a new provider, or ``changes`` of one, with its mappings (claim value, group), which replace the old.

    A ``secret`` of ``None`` keeps the one there is. Who may not list a provider lists none, and takes one that is
    listed off the log-in page by making something else of it.
    """
    verb = "Create" if provider._state.adding else "Update"  # noqa: SLF001  (Django's documented way)
    with audited(provider, verb, changes, actor=actor) as before:
        if not may_list(actor):
            is_what_was_listed = before and all(getattr(before, name) == getattr(provider, name) for name in LISTED_AS)
            provider.is_listed = bool(before and before.is_listed and is_what_was_listed)
        provider.secret_changed = secret is not None
        if secret is not None:
            provider.client_secret = secret
        GroupMapping.objects.filter(provider_id=provider.pk).delete()
        unique = dict.fromkeys((value, group.pk) for value, group in mappings)
        GroupMapping.objects.bulk_create(  # PostgreSQL asks for a new provider at the commit
            GroupMapping(provider_id=provider.pk, value=value, group_id=group) for value, group in unique
        )
    return provider


def delete_provider(provider: IdentityProvider, *, actor: User | None = None) -> None:
    """Delete a provider; whoever it vouched for is logged out by that."""
    with audited(provider, "Delete", actor=actor, delete=True):
        pass
