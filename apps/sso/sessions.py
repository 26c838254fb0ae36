"""Sessions that somebody vouched for: what they keep, and who they are turned into at every request."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from apps.organisations.models import Organisation
from apps.sso.arrivals import Arrival
from apps.sso.models import IdentityProvider
from apps.sso.visitors import Visitor
from apps.users.models import User
from apps.users.services.sessions import BEGAN, PROVIDER, SECOND_FACTOR

KEPT = "sso_visitor"
VOUCHED_BY = "sso_provider"


def keep(session: SessionBase, arrival: Arrival) -> None:
    """Make a session a visitor's: whoever it belonged to is logged out, and its cookie changes."""
    session.flush()
    session[BEGAN] = int(time.time())
    session[KEPT] = {
        "organisation": arrival.organisation,
        "email": arrival.address,
        "name": arrival.name,
        "groups": list(arrival.groups),
        "provider": arrival.provider,
        "arrived_at": timezone.now().isoformat(),
    }


def keep_provider(session: SessionBase, arrival: Arrival) -> None:
    """Have the session of an account remember the identity provider that vouches for it, if one does."""
    session[VOUCHED_BY] = arrival.provider


def person_of(session: SessionBase, account: User | AnonymousUser) -> User | AnonymousUser:
    """Give who a session is of: its account, a visitor, or nobody, when whoever vouched for them is trusted no more."""
    if not (account.is_authenticated and account.pk):
        return visitor_of(session) or account
    provider = session.get(VOUCHED_BY, "") if session.get(SECOND_FACTOR) == PROVIDER else ""
    return account if _is_still_trusted(provider, account.organisation_id) else AnonymousUser()


def visitor_of(session: SessionBase) -> Visitor | None:
    """Give the visitor of a session.

    There is none when it has an account, or when the organisation or the identity provider is no more.
    """
    kept: Mapping[str, Any] | None = session.get(KEPT)
    if not kept or SESSION_KEY in session:
        return None
    organisation = Organisation.objects.filter(pk=kept["organisation"]).first()
    if organisation is None or not _is_still_trusted(kept["provider"], organisation.pk):
        return None
    visitor = Visitor(organisation=organisation, email=kept["email"], first_name=kept["name"])
    visitor.pk = None  # type: ignore[assignment]  # it has no row
    visitor.sent_groups = tuple(kept["groups"])
    visitor.arrived_at = datetime.fromisoformat(kept["arrived_at"])
    visitor.came_by_nonce = not kept["provider"]
    return visitor


def _is_still_trusted(provider: str, organisation: str | None) -> bool:
    return not provider or IdentityProvider.objects.in_use().filter(pk=provider, organisation=organisation).exists()
