"""How somebody who arrives comes in: as their account, as a visitor, or not at all."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from apps.audit.services import record_event
from apps.organisations.models import Organisation
from apps.sso import nonces, openid, sessions
from apps.sso.arrivals import Arrival, NotAdmitted
from apps.sso.models import IdentityProvider
from apps.sso.wording import INACTIVE, LINK, REFUSED, SUPER_ADMIN, UNREGISTERED
from apps.users import services as accounts
from apps.users.models import User, UserGroup
from apps.users.services.sessions import PROVIDER

ACTION = "Log In by Single Sign-On"
REFUSAL = "Refuse Single Sign-On"


def redeem(*, request: HttpRequest, nonce: str) -> User:
    """Sign in the person a nonce stands for. Raises ``NotAdmitted``."""
    try:
        arrival = nonces.redeem(nonce)
    except NotAdmitted as refusal:
        record_event(action=REFUSAL, kind="single sign-on", after={"reason": refusal.reason})
        raise
    return admit(request=request, arrival=arrival)


def complete(*, request: HttpRequest, provider: IdentityProvider) -> User:
    """Sign in the person who comes back from an identity provider. Raises ``NotAdmitted``."""
    try:
        arrival = openid.completed(request, provider)
    except NotAdmitted as refusal:
        _note_refusal(refusal, provider.organisation_id, provider.slug, "")
        raise
    return admit(request=request, arrival=arrival)


def admit(*, request: HttpRequest, arrival: Arrival) -> User:
    """Start a session for a person who arrived, and give their account or a visitor. Raises ``NotAdmitted``.

    An account keeps its permissions; who is no administrator also gets the group that came along.
    """
    try:
        account = _account(arrival)
    except NotAdmitted as refusal:
        _note_refusal(refusal, arrival.organisation, arrival.address, arrival.email)
        raise
    if account is None:
        return _welcome(request, arrival)
    follow_groups(account=account, groups=arrival.groups)
    accounts.sign_in(request, account, second_factor=PROVIDER)
    sessions.keep_provider(request.session, arrival)
    _note_arrival(arrival, "user", account.pk)
    return account


@transaction.atomic
def follow_groups(*, account: User, groups: tuple[str, ...]) -> None:
    """Put an account into the first of some groups, unless it is in one of them or administers.

    An account has one group (dashboard semantics: groups that come along are for new people and those who do
    not administer). Without any group the account keeps its own.
    """
    held = User.objects.with_related().select_for_update(of=("self",))
    account.refresh_from_db(from_queryset=held)  # it may have been revoked or promoted since
    if not account.is_active or account.is_admin or not groups or account.group_id in groups:
        return
    found = UserGroup.objects.filter(pk__in=groups, organisation=account.organisation_id, active=True)
    by_id = {group.pk: group for group in found}
    first = next((by_id[pk] for pk in groups if pk in by_id), None)
    if first:
        accounts.change_user(user=account, changes={"group": first})


def _account(arrival: Arrival) -> User | None:
    """Give the account of a person who may come in, ``None`` for a visitor."""
    if not Organisation.objects.filter(pk=arrival.organisation).exists():
        raise NotAdmitted(LINK)
    if arrival.is_refused:
        raise NotAdmitted(REFUSED)
    if not arrival.is_looked_up:
        return None
    named = User.objects.with_email(arrival.email).with_related().filter(organisation=arrival.organisation)
    account: User | None = named.first() if arrival.email else None
    if account and not account.is_active:
        raise NotAdmitted(INACTIVE)
    if account and account.is_super_admin and not (arrival.by_operator or settings.SSO_ADMIT_SUPER_ADMINS):
        raise NotAdmitted(SUPER_ADMIN)  # or every administrator, who decides who vouches, could become one
    if account is None and arrival.only_registered:
        raise NotAdmitted(UNREGISTERED)
    return account


def _welcome(request: HttpRequest, arrival: Arrival) -> User:
    sessions.keep(request.session, arrival)
    rotate_token(request)
    visitor = sessions.visitor_of(request.session)
    if visitor is None:  # the organisation or the provider went in this very moment
        raise NotAdmitted(LINK)
    request.user = visitor
    _note_arrival(arrival, "visitor", arrival.address)
    return visitor


def _note_arrival(arrival: Arrival, kind: str, pk: str) -> None:
    told = {"email": arrival.address, "groups": list(arrival.groups), "identity_provider": arrival.provider}
    record_event(action=ACTION, kind=kind, id=pk, organisation=arrival.organisation, after=told)


def _note_refusal(refusal: NotAdmitted, organisation: str, subject: str, email: str) -> None:
    told = {"reason": refusal.reason, "email": email}
    record_event(action=REFUSAL, kind="single sign-on", id=subject, organisation=organisation, after=told)
