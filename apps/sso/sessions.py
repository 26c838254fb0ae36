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
from apps.sso.external_users import ExternalUser, external_user
from apps.sso.identities import ExternalIdentity
from apps.sso.impersonation import may_still_impersonate
from apps.sso.models import IdentityProvider
from apps.users.models import User
from apps.users.services.sessions import BEGAN, PROVIDER, SECOND_FACTOR

EXTERNAL_USER = "sso_visitor"  # as in the sessions there are
IDENTITY_PROVIDER = "sso_provider"
ASKED_BY = "sso_asked_by"


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
        "asked_by": identity.asked_by,
        "arrived_at": timezone.now().isoformat(),
    }


def remember_voucher(session: SessionBase, identity: ExternalIdentity) -> None:
    """Have the session of an account remember who vouches for it: an identity provider, or another account."""
    session[IDENTITY_PROVIDER] = identity.provider
    session[ASKED_BY] = identity.asked_by


def user_of(session: SessionBase, account: User | AnonymousUser) -> User | AnonymousUser:
    """Give whose a session is: an account, an external user, or nobody, when whoever vouched is trusted no more."""
    if not (account.is_authenticated and account.pk):
        return external_user_of(session) or account
    if session.get(SECOND_FACTOR) != PROVIDER:
        return account
    provider, asker = session.get(IDENTITY_PROVIDER, ""), session.get(ASKED_BY, "")
    is_trusted = _is_still_trusted(provider, account.organisation_id) and may_still_impersonate(account, asker)
    return account if is_trusted else AnonymousUser()


def external_user_of(session: SessionBase) -> ExternalUser | None:
    """Give the external user of a session.

    There is none when it has an account, or when the organisation is no more, or whoever vouched is trusted no more.
    """
    kept: Mapping[str, Any] | None = session.get(EXTERNAL_USER)
    if not kept or SESSION_KEY in session:
        return None
    organisation = Organisation.objects.filter(pk=kept["organisation"]).first()
    if organisation is None or not _is_still_trusted(kept["provider"], organisation.pk):
        return None
    user = external_user(organisation, kept["email"], kept["name"], groups=kept["groups"], provider=kept["provider"])
    user.arrived_at = datetime.fromisoformat(kept["arrived_at"])
    return user if may_still_impersonate(user, kept.get("asked_by", "")) else None


def _is_still_trusted(provider: str, organisation: str | None) -> bool:
    return not provider or IdentityProvider.objects.in_use().filter(pk=provider, organisation=organisation).exists()
