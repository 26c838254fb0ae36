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
from apps.sso.external_users import ExternalUser
from apps.sso.identities import ExternalIdentity
from apps.sso.models import IdentityProvider
from apps.users.models import User
from apps.users.services.sessions import BEGAN, PROVIDER, SECOND_FACTOR

EXTERNAL_USER = "sso_visitor"  # as in the sessions there are
IDENTITY_PROVIDER = "sso_provider"


def start_external_session(session: SessionBase, identity: ExternalIdentity) -> None:
    """Make a session an external user's: whoever it belonged to is logged out, and its cookie changes."""
    session.flush()
    session[BEGAN] = int(time.time())
    session[EXTERNAL_USER] = {
        "organisation": identity.organisation,
        "email": identity.shown_email,
        "name": identity.name,
        "groups": list(identity.groups),
        "provider": identity.provider,
        "arrived_at": timezone.now().isoformat(),
    }


def remember_provider(session: SessionBase, identity: ExternalIdentity) -> None:
    """Have the session of an account remember the identity provider that vouches for it, if one does."""
    session[IDENTITY_PROVIDER] = identity.provider


def user_of(session: SessionBase, account: User | AnonymousUser) -> User | AnonymousUser:
    """Give whose a session is: an account, an external user, or nobody, when whoever vouched is trusted no more."""
    if not (account.is_authenticated and account.pk):
        return external_user_of(session) or account
    provider = session.get(IDENTITY_PROVIDER, "") if session.get(SECOND_FACTOR) == PROVIDER else ""
    return account if _is_still_trusted(provider, account.organisation_id) else AnonymousUser()


def external_user_of(session: SessionBase) -> ExternalUser | None:
    """Give the external user of a session.

    There is none when it has an account, or when the organisation or the identity provider is no more.
    """
    kept: Mapping[str, Any] | None = session.get(EXTERNAL_USER)
    if not kept or SESSION_KEY in session:
        return None
    organisation = Organisation.objects.filter(pk=kept["organisation"]).first()
    if organisation is None or not _is_still_trusted(kept["provider"], organisation.pk):
        return None
    user = ExternalUser(organisation=organisation, email=kept["email"], first_name=kept["name"])
    user.pk = None  # type: ignore[assignment]  # it has no row
    user.sent_groups = tuple(kept["groups"])
    user.arrived_at = datetime.fromisoformat(kept["arrived_at"])
    user.came_by_nonce = not kept["provider"]
    return user


def _is_still_trusted(provider: str, organisation: str | None) -> bool:
    return not provider or IdentityProvider.objects.in_use().filter(pk=provider, organisation=organisation).exists()
