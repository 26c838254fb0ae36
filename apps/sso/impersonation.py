"""Whom an account may bring in by ``/api/sso``: a nonce never gives more than the one who asks for it may do.

Administrators and holders of ``sso: write`` vouch for anybody. Others vouch for themselves, for accounts that they
manage, and for external users who may do nothing that they may not do themselves.
"""

from __future__ import annotations

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import scope_of, sees_apis_of_group
from apps.users.models import User, UserGroup
from apps.users.permissions import SSO, WRITE


class ImpersonationDenied(ApplicationError):
    """A nonce would give more than the account that asks for it may do."""

    status = 403
    message = (
        "access denied: This person could do more than you may. Ask with the key of an administrator, or of an account"
        " with the permission sso: write"
    )


def may_impersonate(asker: User, person: User, joins: UserGroup | None = None) -> bool:
    """Tell whether a person may come in because somebody asks for it, and be put into a group by that."""
    if asker.allows(SSO, WRITE):
        return True
    return asker.is_active and _holds_no_more(asker, person) and (joins is None or _may_let_in(asker, joins))


def may_still_impersonate(person: User, asker_id: str) -> bool:
    """Tell whether whoever asked for a person's nonce may still vouch for them; "" was no account, and may."""
    if not asker_id:
        return True
    asker = User.objects.select_related("group", "organisation").filter(pk=asker_id).first()
    return asker is not None and may_impersonate(asker, person)


def _holds_no_more(asker: User, person: User) -> bool:
    if not person.pk:
        return asker.may_grant(person.permissions) and _sees_no_more(asker, person)
    return person == asker or (asker.may_manage(person) and _sees_no_more(asker, person))


def _sees_no_more(asker: User, person: User) -> bool:
    own, theirs = scope_of(asker).apis, scope_of(person).apis
    return own is None or (theirs is not None and theirs <= own)


def _may_let_in(asker: User, group: UserGroup) -> bool:
    gives = group.user_permissions  # an empty map of a group gives nothing
    return (not gives or asker.may_grant(gives)) and sees_apis_of_group(asker, group)
