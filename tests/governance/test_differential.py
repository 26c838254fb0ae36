"""What people of one organisation get is the same, byte for byte, whether another organisation exists or not."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from apps.analytics import partitions
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from tests.analytics.factories import RequestFactory, lay
from tests.architecture.routes import NAMED, templates
from tests.factories import OrganisationFactory, UserFactory
from tests.governance import world
from tests.governance.roles import READER

pytestmark = pytest.mark.django_db

#: What no two answers have in common.
VOLATILE = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFTOKEN"\] = "\w+"|Request <code>\w+</code>|'
    r'name="(initial-)?api_id" value="\w{32}"'  # proposed for a new API
)
#: What is told of the installation, to everybody alike, with the reason why that is nobody's figure.
OF_THE_INSTALLATION = {
    "/metrics": "for the operator's monitoring: sums of the whole installation, without a name",
    "/pipeline/panels/{panel}/": "the pump is one for all: when it last stored anything says that it works",
    "/staff/sso/identityprovider/add/": "the log-in page is one for all: only who is alone puts buttons there",
    "/panels/{page}/{panel}/": "the same, in the line that proves the count: when the pump comes next",
}
TOLD = re.compile(
    r'<dt>Last stored</dt><dd>[^<]*|next pump in \d+ s|<div class="form-row field-is_listed">.*?(?=</fieldset>)',
    re.DOTALL,
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the clock stand still, half past twelve today."""
    moment = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def people(db: None, now: datetime, settings: Settings) -> Iterator[dict[str, dict[str, Any]]]:
    """Organisation B with traffic, and how its people come in: an administrator, and a reader."""
    settings.ADMIN_SECRET = world.ADMIN_SECRET
    logging.disable(logging.CRITICAL)
    partitions.maintain()
    beta = OrganisationFactory(id="b" * 24, owner_name="Beta", sso_enabled=True)
    lay(
        [RequestFactory(organisation=beta.pk, api_id="2" * 32, api_name="Search", timestamp=now - timedelta(minutes=5))]
    )
    admin = UserFactory(id="b1" * 12, organisation=beta, email="admin@beta.example", is_staff=True)
    reader = UserFactory(id="b2" * 12, organisation=beta, email="reader@beta.example", user_permissions=READER)
    yield {user.email: _ways_in(user) for user in (admin, reader)}
    logging.disable(logging.NOTSET)


def _ways_in(user: User) -> dict[str, Any]:
    browser = world.new_client()
    browser.force_login(user)
    return {"browser": browser, "headers": {"Authorization": services.reset_access_key(user=user)}}


class Undo(Exception):
    """Takes back what reading left behind."""


def seen(people: dict[str, dict[str, Any]], values: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    """Give every answer to everybody, by who asks and for what."""
    found = {}
    for name, ways in people.items():
        for template, address in addresses(values):
            found[name, address] = _tidy(template, *_answer(ways, address))
    return found


def addresses(values: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Give every route but the admin secret's, for each set of values that its path may have."""
    for template in templates():
        if template.startswith("/admin/") or template in {"/metrics", "/two-factor/"}:
            continue
        names = NAMED.findall(template)
        for at in range(max((len(values.get(name, "x")) for name in names), default=1)):
            chosen = {name: values.get(name, ["x"])[at % len(values.get(name, ["x"]))] for name in names}
            yield template, template.format(**chosen)


def _answer(ways: dict[str, Any], address: str) -> tuple[int, str]:
    is_rest = address.startswith("/api/")
    client: Client = world.new_client() if is_rest else ways["browser"]
    session = world.session_of(client)
    answer: Any = None
    try:
        with transaction.atomic():
            answer = client.get(address, headers=ways["headers"] if is_rest else {})
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            raise Undo
    except Undo:
        world.fresh(client, session)
        return answer.status_code, f"{answer.get('Location', '')} {body.decode(errors='replace')}"


def _tidy(template: str, status: int, body: str) -> str:
    kept = TOLD.sub("", body) if template in OF_THE_INSTALLATION else body
    return re.sub(r"\s+", " ", f"{status} {VOLATILE.sub('', kept)}")


def values(things: dict[str, str]) -> dict[str, list[str]]:
    """Give the values of paths: things of B's own, things that nobody has, and every panel there is."""
    return {
        **{name: [value] for name, value in world.dates().items()},
        "pk": ["b1" * 12, "b2" * 12, "0" * 24],
        "object_id": ["b" * 24, "b1" * 12, "0" * 24],
        "api": ["2" * 32, "nothing"],
        "panel": ["figures", "chart", "apis", "endpoints", "keys", "errors", "filters", "state", "hours", "rejected"],
        "page": ["overview"],
        "app_label": ["users", "organisations"],
        "kind": ["csv"],
        **{name: [value, "0" * 24] for name, value in things.items()},
    }


def test_what_is_got_is_the_same_whether_another_organisation_exists_or_not(
    people: dict[str, dict[str, Any]], now: datetime
) -> None:
    asked = values({})
    before = seen(people, asked)
    assert {status[:3] for status in before.values()} >= {"200", "403", "404"}
    assert not Organisation.objects.exclude(pk="b" * 24).exists()
    world.made()
    after = seen(people, asked)
    different = {key for key in before if before[key] != after[key]}
    assert not different, "\n".join(_difference(before[key], after[key], key) for key in sorted(different))


def _difference(before: str, after: str, key: tuple[str, str]) -> str:
    at = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    return f"{key}: …{before[max(0, at - 60) : at + 60]!r}… became …{after[max(0, at - 60) : at + 60]!r}…"


def test_what_another_organisation_has_is_told_nowhere(people: dict[str, dict[str, Any]]) -> None:
    there = world.made()
    asked = values({})
    asked = {**asked, **{name: [value] for name, value in there.things.items() if name in {"api", "slug"}}}
    for name, thing in (("pk", "user"), ("object_id", "user"), ("audit_record", "audit record"), ("api", "api_id")):
        asked[name] = [there.things[thing]]
    told = [key for key, body in seen(people, asked).items() if re.search("Alpha|Payments|target@|Team", body)]
    assert not told
