"""What people of one organisation can ask beside another: everything, also for what the others have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.architecture.routes import NAMED
from tests.governance.declared_rest import ARRIVAL, GROUP, NEW_USER
from tests.governance.roles import A, B, Door
from tests.governance.rules import Rule
from tests.governance.table import TABLE
from tests.governance.world import NOBODYS, World, dates

#: Not asked, with the reason.
LEFT_OUT = {
    "/metrics": "for the operator's monitoring: sums of the whole installation, without a name",
    "/two-factor/": "never the same twice, and about the account of whoever asks",
}
PANELS = ("chart", "figures", "apis", "endpoints", "keys", "errors", "filters", "state", "hours", "rejected")


@dataclass(frozen=True)
class RouteRequest:
    """A call of a route. ``whose`` is what it is about: "own", "nobody's", "theirs", or a word for a conflict."""

    method: str
    route: str
    whose: str
    url: str
    body: Any = field(default=None, hash=False)

    @property
    def kind(self) -> tuple[str, str, str]:
        """What it has in common with others of its kind."""
        return self.method, self.route, self.whose

    @property
    def rule(self) -> Rule:
        """What is declared of the route."""
        return TABLE[self.route]


def every_request(own: World, theirs: World) -> Iterator[RouteRequest]:
    """Give every route with every method that it has, for each thing that its path may name."""
    nobodys = {name: value if name in COMMON else unknown(value) for name, value in own.things.items()}
    seen = set()
    for whose, things in {"own": own.things, "nobody's": nobodys, "theirs": theirs.things}.items():
        for route, rule in TABLE.items():
            for url in urls(route, rule, things, PANELS if whose == "own" else PANELS[:1]):
                if rule.door is Door.SECRET or route in LEFT_OUT or url in seen:
                    continue
                seen.add(url)
                for method, call in rule.calls.items():
                    yield RouteRequest(method, route, whose, url, moved(call.body))


COMMON = {*NOBODYS, *dates()}


def unknown(value: str) -> str:
    """Give an id that nothing has, of the same form."""
    return "0" * 24 if len(value) == 24 else "nothing"


def urls(route: str, rule: Rule, things: Mapping[str, str], panels: tuple[str, ...]) -> Iterator[str]:
    """Give the URLs of a route; where it takes a panel, those of many."""
    kinds = {name: rule.things.get(name, name) for name in NAMED.findall(route)}
    for panel in panels if "panel" in kinds else ("",):
        yield route.format(
            **{name: panel or things[kind] if name == "panel" else things[kind] for name, kind in kinds.items()}
        )


def moved(body: Any) -> Any:
    """Give the body of a call in organisation A for one in B."""
    return json.loads(json.dumps(body).replace(A, B))


def conflicting_requests(own: World, theirs: World) -> Iterator[RouteRequest]:
    """Give calls that would do if the others had not "taken" an address or a name, and calls that name what is theirs.

    These are "foreign", and refused in any case.
    """
    for whose, of in (("taken", taken), ("foreign", foreign)):
        for method, route, body in of(theirs.things):
            (url,) = urls(route, TABLE[route], own.things, ("",))
            yield RouteRequest(method, route, whose, url, body)


Claim = tuple[str, str, Any]
ADDRESS = "target@alpha.example"
PERSON = {
    "email": ADDRESS, "first_name": "New", "last_name": "Person", "is_active": "on", "password_max_days": "0",
    "user_permissions_apis": "read",
}  # fmt: skip
TEAM = {"name": "Team of Alpha", "active": "on", "password_max_days": "0", "user_permissions_apis": "read"}
PROVIDER = {
    "name": "Alpha", "slug": "alpha", "issuer": "https://id.example.com", "client_id": "weir", "scopes": "openid",
    "email_claim": "email", "group_claim": "groups", "is_active": "on", "secret": "secret",
    "mappings-TOTAL_FORMS": "0", "mappings-INITIAL_FORMS": "0",
}  # fmt: skip


def taken(theirs: Mapping[str, str]) -> Iterator[Claim]:
    """Give calls for what the others have, if only one can have it."""
    yield "POST", "/api/users", {**moved(NEW_USER), "email_address": ADDRESS}
    yield "PUT", "/api/users/{pk}", {"email_address": ADDRESS}
    yield "POST", "/users/new/", PERSON
    yield "POST", "/users/{pk}/", PERSON
    yield "POST", "/staff/users/user/add/", PERSON
    yield "POST", "/staff/users/user/{object_id}/change/", PERSON
    yield "POST", "/api/usergroups", {**moved(GROUP), "name": "Team of Alpha"}
    yield "POST", "/groups/new/", TEAM
    yield "POST", "/staff/users/usergroup/add/", TEAM
    yield "POST", "/staff/apis/api/add/", {"name": "Payments", "api_id": theirs["api_id"], "active": "on"}
    yield "POST", "/staff/sso/identityprovider/add/", PROVIDER
    yield "POST", "/api/sso", {**moved(ARRIVAL), "EmailAddress": ADDRESS}


def foreign(theirs: Mapping[str, str]) -> Iterator[Claim]:
    """Give calls that name what is the others'."""
    person = {**PERSON, "email": "unheard@beta.example", "group": theirs["group"]}
    yield "POST", "/api/users", {**NEW_USER, "email_address": "unheard@beta.example"}
    yield "POST", "/api/users", {**moved(NEW_USER), "group_id": theirs["group"]}
    yield "PUT", "/api/users/{pk}", {"group_id": theirs["group"]}
    yield "POST", "/api/users/search", {"filters": {"query": ADDRESS}}
    yield "POST", "/users/new/", person
    yield "POST", "/staff/users/user/add/", person
    yield "POST", "/api/usergroups", GROUP
    yield "PUT", "/api/apis/{pk}/access", {"userIds": [theirs["user"]], "userGroupIds": []}
    yield "PUT", "/api/apis/{pk}/access", {"userIds": [], "userGroupIds": [theirs["group"]]}
    yield "POST", "/staff/apis/api/{object_id}/change/", {"name": "New", "active": "on", "user_owners": theirs["user"]}
    yield "POST", "/staff/sso/identityprovider/add/", {**PROVIDER, "slug": "new", "default_group": theirs["group"]}
    yield "POST", "/api/sso", ARRIVAL
    yield "POST", "/api/sso", {**moved(ARRIVAL), "GroupID": theirs["group"]}
    yield "POST", "/login/", {"username": ADDRESS, "password": "wrong"}
    yield "POST", "/password/forgotten/", {"email": ADDRESS}
