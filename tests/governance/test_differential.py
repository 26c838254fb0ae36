"""What people of one organisation get is the same, byte for byte, whether another organisation exists or not.

Beta has one of everything, and so has Alpha. People of Beta ask every route with every method for what is their own,
for what nobody has and for what is Alpha's, and try to get what Alpha has taken: first beside Alpha, then without it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from tests.factories import UserFactory
from tests.governance.client import Response, Undo, new_client, send
from tests.governance.requests import RouteRequest, conflicting_requests, every_request
from tests.governance.roles import READER, B, Door
from tests.governance.world import World, make_world

pytestmark = pytest.mark.django_db

ADDRESSES = "an address is one account's, unless ENABLE_MULTI_ORG_USERS: whoever is let in by it has to be one person"
#: What is told of others, by method, route and what it is about, with the reason.
KNOWN = {
    ("POST", "/api/users", "taken"): ADDRESSES,
    ("PUT", "/api/users/{pk}", "taken"): ADDRESSES,
    ("POST", "/users/new/", "taken"): ADDRESSES,
    ("POST", "/users/{pk}/", "taken"): ADDRESSES,
    ("POST", "/staff/users/user/add/", "taken"): ADDRESSES,
    ("POST", "/staff/users/user/{object_id}/change/", "taken"): ADDRESSES,
    ("POST", "/staff/apis/api/add/", "taken"): "gateways tell APIs apart by this id, whosever they are",
    ("POST", "/staff/sso/identityprovider/add/", "taken"): "it is the address of a way in, which everybody may try",
    ("GET", "/sso/{slug}/callback/", "theirs"): "the same",
}
#: What no two answers have in common.
VOLATILE = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFTOKEN"\] = "\w+"|Request <code>\w+</code>|'
    r'name="(initial-)?api_id" value="\w{32}"'  # proposed for a new API
)
#: What a write makes: ids, keys, nonces.
MADE = re.compile(r'\b[0-9a-f]{24}\b|\b[0-9a-f]{32}\b|(?<="Meta":")[\w=-]{40,}')
#: What is told of the installation, to everybody alike, with the reason why that is nobody's figure.
OF_THE_INSTALLATION = {
    "/pipeline/panels/{panel}/": "the pump is one for all: when it last stored anything says that it works",
    "/staff/sso/identityprovider/add/": "the log-in page is one for all: only who is alone puts buttons there",
    "/staff/sso/identityprovider/{object_id}/change/": "the same",
    "/panels/{page}/{panel}/": "the same, in the line that proves the count: when the pump comes next",
}
TOLD = re.compile(
    r'<dt>Last stored</dt><dd>[^<]*|next pump in \d+ s|<div class="form-row field-is_listed">.*?(?=</fieldset>)',
    re.DOTALL,
)


@dataclass
class Person:
    """How somebody comes in, and what kinds of routes they ask."""

    doors: set[Door]
    browser: Client = field(default_factory=new_client)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, *doors: Door) -> Person:
        """Let a user come in, by session and by access key."""
        person = cls({*doors}, headers={"Authorization": services.reset_access_key(user=user)})
        person.browser.force_login(user)
        return person

    def send(self, request: RouteRequest) -> str:
        """Give an answer without what no two answers have in common."""
        is_rest = request.rule.door is Door.REST
        response = send(
            new_client() if is_rest else self.browser,
            request.method,
            request.url,
            request.body,
            headers=self.headers if is_rest else {},
            is_form=not is_rest and request.method == "POST",
        )
        return tidy(request, response)


def tidy(request: RouteRequest, response: Response) -> str:
    """Take out what no two answers have in common."""
    body = VOLATILE.sub("", f"{response.location} {response.body}")
    if request.route in OF_THE_INSTALLATION:
        body = TOLD.sub("", body)
    return re.sub(r"\s+", " ", f"{response.status} {body if request.method == 'GET' else MADE.sub('…', body)}")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the clock stand still, half past twelve today."""
    moment = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def beta(db: None, now: datetime, settings: Settings) -> Iterator[World]:
    """Organisation B with one of everything."""
    settings.ALLOW_ADMIN_RESET_PASSWORD = True
    logging.disable(logging.CRITICAL)
    yield make_world(B, "Beta", "Search", "2")
    logging.disable(logging.NOTSET)


@pytest.fixture
def people(beta: World) -> dict[str, Person]:
    """An administrator of B who is staff, somebody of B who may read everything, and somebody who is nobody's."""
    admin = UserFactory(organisation=beta.organisation, email="admin@beta.example", is_staff=True)
    reader = UserFactory(organisation=beta.organisation, email="reader@beta.example", user_permissions=READER)
    return {
        "admin": Person.of(admin, Door.REST, Door.PAGE, Door.STAFF),
        "reader": Person.of(reader, Door.REST, Door.PAGE),
        "anonymous": Person({Door.OPEN}),
    }


Answers = dict[tuple[str, RouteRequest], str]


def answers(people: Mapping[str, Person], requests: Iterable[RouteRequest]) -> Answers:
    """Give every answer to everybody."""
    return {
        (name, request): person.send(request)
        for request in requests
        for name, person in people.items()
        if request.rule.door in person.doors
    }


def beside_and_alone(people: Mapping[str, Person], beta: World) -> tuple[World, Answers, Answers]:
    """Ask beside Alpha, and the same without it."""
    try:
        with transaction.atomic():
            alpha = make_world()
            requests = [*every_request(beta, alpha), *conflicting_requests(beta, alpha)]
            beside = answers(people, requests)
            raise Undo
    except Undo:
        assert Organisation.objects.get().pk == B
    return alpha, beside, answers(people, requests)


def test_what_is_got_is_the_same_whether_another_organisation_exists_or_not(
    people: dict[str, Person], beta: World
) -> None:
    alpha, beside, alone = beside_and_alone(people, beta)
    assert {body[:3] for body in alone.values()} >= {"200", "302", "400", "403", "404"}
    different = {key for key in alone if beside[key] != alone[key]}
    unknown = [key for key in different if key[1].kind not in KNOWN]
    assert not unknown, "\n".join(sorted(_difference(alone[key], beside[key], key) for key in unknown))
    assert sorted(KNOWN.keys() - {request.kind for _, request in different}) == [], "these are needed no longer"
    assert telling(beside, alpha) == []
    assert in_vain(alone) == [], "these would be refused in any case"


def telling(beside: Answers, alpha: World) -> list[str]:
    """Give the answers that have a name or an id of Alpha's that was not in the request."""
    names = {"Alpha", "Payments", *(value for value in alpha.things.values() if len(value) >= 24)}
    return [
        f"{request.method} {request.url} as {who} tells {name}"
        for (who, request), body in beside.items()
        for name in names
        if name in body and name not in f"{request.url} {request.body}"
    ]


def in_vain(alone: Answers) -> list[str]:
    """Give the calls for what is taken that do not do while nobody has taken it."""
    return [
        f"{request.method} {request.url}: {body[:200]}"
        for (who, request), body in alone.items()
        if (who, request.whose) == ("admin", "taken") and request.kind not in KNOWN
        if body[:3] != ("200" if request.rule.door is Door.REST else "302")
    ]


def _difference(alone: str, beside: str, key: tuple[str, RouteRequest]) -> str:
    at = next((at for at, (one, other) in enumerate(zip(alone, beside, strict=False)) if one != other), 0)
    return f"{key}: …{alone[max(0, at - 60) : at + 60]!r}… became …{beside[max(0, at - 60) : at + 60]!r}…"
