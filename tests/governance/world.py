"""Organisation A with one of everything, and the people of every role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from apps.analytics import partitions
from apps.analytics.models import RejectedRecord
from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.audit.models import AuditRecord
from apps.audit.services import note
from apps.organisations.models import Organisation
from apps.sso.models import IdentityProvider
from apps.users import services
from apps.users.models import User, UserGroup
from tests.analytics.factories import RequestFactory, lay
from tests.factories import OrganisationFactory, UserFactory
from tests.governance.roles import HOLDER, NOTHING, Role

ADMIN_SECRET = "secret of the operator"
# One for all clients: a handler of its own would make each of them read all static files first.
HANDLER = ClientHandler(enforce_csrf_checks=False)


def new_client() -> Client:
    """Make a client that has no session, and that is answered when Weir fails."""
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    return client


def fresh(client: Client, session: str) -> None:
    """Forget what answers left in a client: messages, and a new key of a session that was taken back."""
    client.cookies.clear()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session


def session_of(client: Client) -> str:
    """Give the session that a client has; "" when it has none."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


@dataclass
class World:
    """``things`` are the ids of what A has, by name; ``headers`` how roles come in over REST."""

    organisation: Organisation
    things: dict[str, str]
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)

    def people(self, roles: Iterable[Role]) -> None:
        """Let every role come in, by access key and by session."""
        OrganisationFactory(id="b" * 24, owner_name="Beta", sso_enabled=True)
        api: Any = Api.objects.get(pk=self.things["api"])
        users, groups = [User.objects.get(pk=self.things["user"])], [UserGroup.objects.get(pk=self.things["group"])]
        for role in roles:
            self.headers[role.name] = {"admin-auth": ADMIN_SECRET} if role is HOLDER else {}
            self.browsers[role.name] = new_client()
            user = self._enter(role) if role.permissions is not None else None
            if user and user.group and (role.owns or not role.group_is_active):
                groups.append(user.group)
            elif user and role.owns:
                users.append(user)
        set_owners(api=api, users=users, groups=groups)

    def _enter(self, role: Role) -> User:
        own, group = dict(role.permissions or {}), None
        if role.in_group:
            group = UserGroup.objects.create(
                organisation=self.organisation, name=role.name, user_permissions=own, active=role.group_is_active
            )
        user = UserFactory(
            organisation=Organisation.objects.filter(pk=role.organisation).first(),
            user_permissions=NOTHING if group and group.active else own,
            group=group,
            is_staff=role.is_staff,
        )
        self.headers[role.name] = {"Authorization": services.reset_access_key(user=user)}
        self.browsers[role.name].force_login(user)
        if not role.is_active:
            User.objects.filter(pk=user.pk).update(is_active=False)
        return user


def dates() -> dict[str, str]:
    """Give the parameters of a path that name today twice."""
    today = timezone.now()
    return {f"{end}_{unit}": str(getattr(today, unit)) for end in ("start", "end") for unit in ("day", "month", "year")}


def made() -> World:
    """Make organisation A with one of everything."""
    partitions.maintain()
    organisation = OrganisationFactory(id="a" * 24, owner_name="Alpha", sso_enabled=True)
    return World(organisation, {**dates(), **dict(_things(organisation))})


def _things(organisation: Organisation) -> Iterator[tuple[str, str]]:
    user = UserFactory(organisation=organisation, email="target@example.com", user_permissions=NOTHING)
    group = UserGroup.objects.create(organisation=organisation, name="Team", user_permissions={"user_groups": "read"})
    api: Any = Api.objects.create(organisation=organisation, api_id="1" * 32, name="Payments")
    set_owners(api=api, users=[user], groups=[group])
    yield from {"organisation": organisation.pk, "user": user.pk, "group": group.pk, "api": api.pk}.items()
    yield from {"api_id": api.api_id, "key": "k1", "client": "c1", "panel": "chart", "page": "overview"}.items()
    yield from {"panel of the pipeline": "hours", "kind of file": "csv", "reason": "link"}.items()
    yield from {"nothing": "nothing", "no number": "0", "app": "organisations"}.items()
    provider = IdentityProvider.objects.create(
        organisation=organisation, name="Alpha", slug="alpha", issuer="https://id.example.com", client_id="weir"
    )
    yield from {"provider": provider.pk, "slug": provider.slug}.items()
    now = timezone.now()
    lay([RequestFactory(timestamp=now - timedelta(minutes=2), key="k1", oauth_client="c1")])
    note(action="Test", kind="user", id=user.pk, organisation=organisation.pk)
    yield "audit record", AuditRecord.objects.get(action="Test").pk
    RejectedRecord.objects.create(organisation=organisation.pk, reason="refused", detail="x", payload=b"x")
