"""How somebody whom others vouch for comes in: as their account, as an external user, or not at all."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from apps.audit.services import record_event
from apps.organisations.models import Organisation
from apps.sso import sessions
from apps.sso.external_users import external_user
from apps.sso.identities import ExternalIdentity
from apps.sso.impersonation import ImpersonationDenied, may_impersonate
from apps.sso.login_errors import IMPERSONATION, INACTIVE, LINK, REFUSED, SUPER_ADMIN, UNREGISTERED, LoginRefused
from apps.sso.models import IdentityProvider
from apps.users import services as accounts
from apps.users.models import User, UserGroup
from apps.users.services.sessions import PROVIDER

LOGIN = "Log In by Single Sign-On"
REFUSE = "Refuse Single Sign-On"
EXTERNAL_USER = "visitor"  # as in the records there are


def refuse_login(*, refusal: LoginRefused, provider: IdentityProvider | None) -> None:
    """Record that nobody comes in, of whom nothing is known but the provider, or, with a nonce, nothing at all."""
    if provider:
        _record_refusal(refusal, provider.organisation_id, provider.slug, "")
    else:
        record_event(action=REFUSE, kind="single sign-on", after={"reason": refusal.reason})


def login(*, request: HttpRequest, identity: ExternalIdentity) -> User:
    """Start a session for a person, and give their account or the external user they are. Raises ``LoginRefused``.

    An account keeps its permissions; who is no administrator also gets the group that came along.
    """
    try:
        account = _account(identity)
        if identity.asked_by and not _may_come(_asker(identity), identity, account):
            raise LoginRefused(IMPERSONATION)
    except LoginRefused as refusal:
        _record_refusal(refusal, identity.organisation, identity.shown_email, identity.email)
        raise
    if account is None:
        return _login_external(request, identity)
    follow_groups(account=account, groups=identity.groups)
    accounts.sign_in(request, account, second_factor=PROVIDER)
    sessions.remember_voucher(request.session, identity)
    _record_login(identity, "user", account.pk)
    return account


def check_impersonation(asker: User, identity: ExternalIdentity) -> None:
    """Hold an account that asks for a nonce to what it may do itself. Raises ``ImpersonationDenied``."""
    try:
        account = _account(identity)
    except LoginRefused:
        return  # a nonce that lets nobody in gives nothing; its bearer is told why
    if not _may_come(asker, identity, account):
        raise ImpersonationDenied


@transaction.atomic
def follow_groups(*, account: User, groups: tuple[str, ...]) -> None:
    """Put an account into the first of some groups, unless it is in one of them or administers.

    An account has one group (dashboard semantics: groups that come along are for new people and those who do
    not administer). Without any group the account keeps its own.
    """
    held = User.objects.with_related().select_for_update(of=("self",))
    account.refresh_from_db(from_queryset=held)  # it may have been revoked or promoted since
    if group := _group_to_join(account, groups):
        accounts.change_user(user=account, changes={"group": group})


def _group_to_join(account: User, groups: tuple[str, ...]) -> UserGroup | None:
    if not account.is_active or account.is_admin or not groups or account.group_id in groups:
        return None
    found = UserGroup.objects.filter(pk__in=groups, organisation=account.organisation_id, active=True)
    by_id = {group.pk: group for group in found}
    return next((by_id[pk] for pk in groups if pk in by_id), None)


def _asker(identity: ExternalIdentity) -> User:
    asker: User | None = User.objects.with_related().filter(pk=identity.asked_by).first()
    if asker is None:
        raise LoginRefused(IMPERSONATION)
    return asker


def _may_come(asker: User, identity: ExternalIdentity, account: User | None) -> bool:
    if account:
        return may_impersonate(asker, account, _group_to_join(account, identity.groups))
    organisation = Organisation.objects.get(pk=identity.organisation)
    person = external_user(organisation, identity.email, identity.name, groups=identity.groups, provider="")
    return may_impersonate(asker, person)


def _account(identity: ExternalIdentity) -> User | None:
    """Give the account of a person who may come in, ``None`` for an external user."""
    if not Organisation.objects.filter(pk=identity.organisation).exists():
        raise LoginRefused(LINK)
    if identity.is_refused:
        raise LoginRefused(REFUSED)
    if not identity.is_looked_up:
        return None
    named = User.objects.with_email(identity.email).with_related().filter(organisation=identity.organisation)
    account: User | None = named.first() if identity.email else None
    if account and not account.is_active:
        raise LoginRefused(INACTIVE)
    if account and account.is_super_admin and not (identity.by_operator or settings.SSO_ADMIT_SUPER_ADMINS):
        raise LoginRefused(SUPER_ADMIN)  # or every administrator, who decides who vouches, could become one
    if account is None and identity.only_registered:
        raise LoginRefused(UNREGISTERED)
    return account


def _login_external(request: HttpRequest, identity: ExternalIdentity) -> User:
    sessions.start_external_session(request.session, identity)
    rotate_token(request)
    user = sessions.external_user_of(request.session)
    if user is None:  # the organisation or the provider went in this very moment
        raise LoginRefused(LINK)
    request.user = user
    _record_login(identity, EXTERNAL_USER, identity.shown_email)
    return user


def _record_login(identity: ExternalIdentity, kind: str, pk: str) -> None:
    after = {"email": identity.shown_email, "groups": list(identity.groups), "identity_provider": identity.provider}
    record_event(action=LOGIN, kind=kind, id=pk, organisation=identity.organisation, after=after)


def _record_refusal(refusal: LoginRefused, organisation: str, subject: str, email: str) -> None:
    after = {"reason": refusal.reason, "email": email}
    record_event(action=REFUSE, kind="single sign-on", id=subject, organisation=organisation, after=after)
