"""The demo organisation: a shop with two user groups and eight APIs, some of which have owners.

Everything has a fixed id. What is there stays as people left it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apps.apis import services
from apps.apis.models import Api
from apps.demo import demo_apis
from apps.demo.traffic import ORGANISATION
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.services import create_group


@dataclass(frozen=True, slots=True)
class Team:
    """A user group. It owns the APIs with its tag, if it has one."""

    id: str
    name: str
    description: str
    permissions: tuple[tuple[str, str], ...]
    tag: str = ""


CHECKOUT = Team(
    "60d0c0de0000000000000001",
    "Checkout team",
    "Looks after what happens between basket and receipt, and sees the traffic of its own APIs.",
    (("apis", "write"), ("analytics", "read"), ("owned_analytics", "read"), ("log", "read")),
    tag="team-checkout",
)
AUDITORS = Team(
    "60d0c0de0000000000000002", "Auditors", "See who did what, and nothing else.", (("audit_logs", "read"),)
)
TEAMS = (CHECKOUT, AUDITORS)
#: APIs with these tags have owners. Analysts are among them, so as not to lose sight of any.
OWNED = ("team-checkout", "team-catalogue")


def organisation() -> Organisation:
    """Give the demo organisation, made if it is not there."""
    named = {"owner_name": "Demo shop", "owner_slug": "demo"}
    return Organisation.objects.get_or_create(id=ORGANISATION, defaults=named)[0]


def group(team: Team, home: Organisation) -> UserGroup:
    """Give a team's user group, made if it is not there."""
    if found := UserGroup.objects.filter(pk=team.id).first():
        return found
    described = {"name": team.name, "description": team.description, "user_permissions": dict(team.permissions)}
    return create_group(group=UserGroup(id=team.id, organisation=home, **described))


def register_apis(home: Organisation, *, analysts: Collection[User]) -> None:
    """Register the APIs that the traffic is about, where they are not; a new one gets its owners."""
    known = set(Api.objects.values_list("api_id", flat=True))
    for demo_api in demo_apis.APIS:
        if demo_api.api_id not in known:
            api = services.create_api(Api(organisation=home, api_id=demo_api.api_id, name=demo_api.name))
            _give_owners(api, demo_api.tags, analysts)


def _give_owners(api: Api, tags: tuple[str, ...], analysts: Collection[User]) -> None:
    groups = [group(team, api.organisation) for team in TEAMS if team.tag in tags]
    if not set(OWNED).isdisjoint(tags):
        services.set_owners(api=api, users=analysts, groups=groups)
