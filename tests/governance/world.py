"""Organisation A with one of everything, and the people of every role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.analytics import partitions
from apps.analytics.models import LedgerEntry, RejectedRecord, Slice
from apps.apis.api_templates.services import change_template
from apps.apis.models import Api
from apps.apis.services import create_api, set_owners
from apps.audit.models import AuditRecord
from apps.audit.services import record_event
from apps.hooks.models import Message
from apps.keys.services import change_policy
from apps.organisations.models import Organisation
from apps.outbox.models import Delivery
from apps.sso.models import IdentityProvider
from apps.users import services
from apps.users.models import User, UserGroup
from tests.analytics.factories import RequestFactory, store_traffic
from tests.factories import ApiTemplateFactory, OrganisationFactory, PolicyFactory, UserFactory, WebhookFactory
from tests.governance.client import new_client
from tests.governance.roles import HOLDER, NOTHING, A, B, Role

ADMIN_SECRET = "secret of the operator"


@dataclass
class World:
    """``things`` are the ids of what A has, by name; ``headers`` how roles come in over REST."""

    organisation: Organisation
    things: dict[str, str]
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)

    def add_people(self, roles: Iterable[Role]) -> None:
        """Let every role come in, by access key and by session."""
        OrganisationFactory(id=B, owner_name="Beta", sso_enabled=True)
        apis = Api.objects.filter(pk__in=[self.things[kind] for kind in ("api", *DOCUMENTS)])
        users, groups = [User.objects.get(pk=self.things["user"])], [UserGroup.objects.get(pk=self.things["group"])]
        for role in roles:
            self.headers[role.name] = {"admin-auth": ADMIN_SECRET} if role is HOLDER else {}
            self.browsers[role.name] = new_client()
            user = self._enter(role) if role.permissions is not None else None
            if user and user.group and (role.owns or not role.group_is_active):
                groups.append(user.group)
            elif user and role.owns:
                users.append(user)
        for api in apis:
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


#: What paths may name that belongs to nobody.
NOBODYS = {
    "panel": "chart",
    "panel of the pipeline": "hours",
    "page": "overview",
    "kind of file": "csv",
    "reason": "link",
    "nothing": "nothing",
    "no number": "0",
    "first": "1",  # version of anything that has some
    "app": "organisations",
}


def dates() -> dict[str, str]:
    """Give the parameters of a path that name today twice."""
    today = timezone.now()
    return {f"{end}_{unit}": str(getattr(today, unit)) for end in ("start", "end") for unit in ("day", "month", "year")}


def make_world(pk: str = A, name: str = "Alpha", api: str = "Payments", number: str = "1") -> World:
    """Make an organisation with one of everything; the number tells the names of its things apart."""
    partitions.maintain()
    organisation = OrganisationFactory(id=pk, owner_name=name, sso_enabled=True)
    return World(organisation, {**dates(), **NOBODYS, **dict(_things(organisation, api, number))})


#: APIs that are kept as documents, by their kind.
DOCUMENTS = {"document": "oas", "streams": "streams", "proxy": "mcp"}


def a_document(name: str, number: str) -> Any:
    """Give an OpenAPI document with the gateway's extensions."""
    return {
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1"},
        "paths": {},
        "x-tyk-streaming": {"streams": {}},
        "x-tyk-api-gateway": {
            "info": {"name": name, "state": {"active": True}},
            "upstream": {"url": "http://kept.example"},
            "server": {"listenPath": {"value": f"/{number}/", "strip": True}},
        },
    }


def _things(organisation: Organisation, name: str, number: str) -> Iterator[tuple[str, str]]:
    owner = organisation.owner_name
    user = UserFactory(organisation=organisation, email=f"target@{owner.lower()}.example", user_permissions=NOTHING)
    group = UserGroup.objects.create(
        organisation=organisation, name=f"Team of {owner}", user_permissions={"user_groups": "read"}
    )
    api: Any = Api.objects.create(organisation=organisation, api_id=number * 32, name=name)
    set_owners(api=api, users=[user], groups=[group])
    yield from {"organisation": organisation.pk, "user": user.pk, "group": group.pk, "api": api.pk}.items()
    for thing, kind in DOCUMENTS.items():
        document = a_document(name, f"{thing}-{number}")
        kept = Api(organisation=organisation, api_id=f"{thing}-{number}", kind=kind, document=document)
        set_owners(api=create_api(kept), users=[user], groups=[group])
        yield thing, kept.pk
    provider = IdentityProvider.objects.create(
        organisation=organisation, name=owner, slug=owner.lower(), issuer="https://id.example.com", client_id="weir",
        is_listed=False,
    )  # fmt: skip
    yield from {"provider": provider.pk, "slug": provider.slug}.items()
    seen = {"api_id": api.api_id, "key": f"key{number}", "oauth_client": f"client{number}"}
    moment = timezone.now() - timedelta(minutes=2)
    store_traffic([RequestFactory(organisation=organisation.pk, timestamp=moment, api_name=name, **seen)])
    yield from {
        "api_id": api.api_id,
        "key": seen["key"],
        "keys": f"{seen['key']},",
        "client": seen["oauth_client"],
    }.items()
    rights = {"access_rights": {api.api_id: {"api_id": api.api_id, "versions": ["Default"]}}}
    policy = PolicyFactory(organisation=organisation, name=f"Policy of {owner}", definition=rights)
    yield "policy", change_policy(policy, {"definition": {**policy.definition, "rate": 20}}).pk
    template = ApiTemplateFactory(organisation=organisation, name=f"Template of {owner}")
    yield "template", change_template(template, {"description": "Changed"}).pk
    webhook = WebhookFactory(organisation=organisation, name=f"Hook of {owner}", target_path="https://127.0.0.1/")
    sent = Message.objects.create(
        organisation=organisation, subject=f"webhook/{webhook.pk}", event="Test", url="https://127.0.0.1/"
    )
    yield from {"webhook": webhook.pk, "message": sent.pk}.items()
    record_event(action="Test", kind="user", id=user.pk, organisation=organisation.pk)
    yield "audit record", AuditRecord.objects.get(action="Test", organisation=organisation.pk).pk
    yield "delivery", Delivery.objects.create(organisation=organisation.pk, kind="test").pk
    rejected = RejectedRecord.objects.create(organisation=organisation.pk, reason="refused", detail="x", payload=b"x")
    entry = LedgerEntry.objects.filter(organisation=organisation.pk).latest("pk")
    counts = {"received": 1, "stored": 1, "duplicates": 0, "rejected": 0, "filtered": 0}
    stored = Slice.objects.create(claim=f"claim {number}", start=0, stop=1, committed_at=moment, **counts)
    yield from {"rejected record": str(rejected.pk), "ledger entry": str(entry.pk), "slice": str(stored.pk)}.items()
