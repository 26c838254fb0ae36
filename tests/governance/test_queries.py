"""What a list costs does not grow with it: as many queries for many rows as for few, on every route there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.analytics.models import RejectedRecord
from apps.apis.models import Api
from apps.audit.services import record_event
from apps.outbox.models import Delivery
from apps.sso.models import IdentityProvider
from apps.users.models import UserGroup
from tests.factories import OrganisationFactory, UserFactory
from tests.governance.roles import ADMIN, HOLDER, NOTHING, SUPER
from tests.governance.rules import Rule
from tests.governance.table import TABLE
from tests.governance.test_matrix import IN_BROWSER, call
from tests.governance.world import ADMIN_SECRET, World, make_world

pytestmark = pytest.mark.django_db

#: Rows more of everything.
MORE = 12
#: The most that a page or an endpoint may ask.
MOST = 40


def lists() -> Iterator[tuple[str, Rule]]:
    """Give the routes that answer without being told which thing is meant."""
    for path, rule in TABLE.items():
        if "GET" in rule.calls and not rule.things and not path.startswith(("/openapi", "/metrics")):
            yield path, rule


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Organisation A, and somebody who may read everything."""
    settings.ADMIN_SECRET = ADMIN_SECRET
    made = make_world()
    made.add_people([ADMIN, HOLDER, SUPER])
    return made


def _more(world: World) -> None:
    """Make more of everything."""
    for number in range(MORE):
        group = UserGroup.objects.create(organisation=world.organisation, name=f"Team {number}")
        UserFactory(organisation=world.organisation, user_permissions=NOTHING, group=group)
        Api.objects.create(organisation=world.organisation, name=f"API {number}")
        OrganisationFactory()
        record_event(action="Test", kind="user", organisation=world.organisation.pk)
        RejectedRecord.objects.create(organisation=world.organisation.pk, reason="refused", payload=b"x")
        Delivery.objects.create(organisation=world.organisation.pk, kind="test")
        IdentityProvider.objects.create(
            organisation=world.organisation, name=f"{number}", slug=f"p{number}", issuer="https://id.example.com"
        )


def _costs(world: World) -> dict[str, int]:
    """Count the queries of every list, when it is asked for the second time."""
    found = {}
    for path, rule in lists():
        role = HOLDER if path.startswith("/admin/") else SUPER if rule.door in IN_BROWSER else ADMIN
        call(world, path, rule, "GET", role)
        with CaptureQueriesContext(connection) as asked:
            call(world, path, rule, "GET", role)
        found[f"{path} as {role.name}"] = sum(not one["sql"].startswith(KEPT_OUT) for one in asked.captured_queries)
    return found


KEPT_OUT = ("SAVEPOINT", "RELEASE", "ROLLBACK")


def test_lists_cost_as_many_queries_for_many_rows_as_for_few(world: World) -> None:
    few = _costs(world)
    assert len(few) > 30
    _more(world)
    many = _costs(world)
    assert {path: (few[path], many[path]) for path in few if few[path] != many[path]} == {}
    assert {path: count for path, count in many.items() if count > MOST} == {}
