"""Nobody sees anything of another organisation, whatever route they take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from apps.analytics import panels as analytics_panels
from apps.analytics import partitions, pipeline
from apps.analytics.models import RejectedRecord
from apps.audit.models import AuditRecord
from apps.audit.services import record_event
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic
from tests.architecture.routes import templates, urls

API = "1" * 32
# What only somebody of organisation A may read, wherever it is shown.
SECRETS = (
    *("Alpha", "alice@", "bob@", "Secret payments", "secret-alias", "/secret/path", "secret-tag", "secret reason"),
    *("Secret deed", "Secret receiver"),
)

pytestmark = pytest.mark.django_db


def tenant_models() -> list[Any]:
    """Give our models whose rows belong to an organisation."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    return [model for model in ours if any(field.name == "organisation" for field in model._meta.get_fields())]


@pytest.fixture
def traffic_of_a(alice: User, bob: User) -> str:
    """Lay down traffic of organisation A in every table; gives the id of a raw record."""
    partitions.maintain()
    now = timezone.now()
    secret = {
        "api_id": API,
        "api_name": "Secret payments",
        "path": "/secret/path",
        "alias": "secret-alias",
        "key": "0a1b2c3d",
    }
    requests = [
        RequestFactory(timestamp=now - timedelta(minutes=age), status=status, tags=["secret-tag"], **secret)
        for age, status in ((1, 200), (2, 500), (90, 404))
    ]
    store_traffic(requests)
    RejectedRecord.objects.create(
        organisation=alice.organisation_id, reason="refused", detail="secret reason", payload=b"x"
    )
    Delivery.objects.create(organisation=alice.organisation_id, kind="test", about="Secret receiver")
    record_event(action="Secret deed", organisation=alice.organisation_id)
    return str(requests[0].record_id)


@pytest.fixture
def every_url(traffic_of_a: str, alice: User, bob: User) -> list[str]:
    """Give every route with the ids of what belongs to A."""
    today = timezone.now()
    rejected = str(RejectedRecord.objects.get().pk)
    audited = AuditRecord.objects.get(action="Secret deed").pk
    delivery = Delivery.objects.get().pk
    values = {
        "api": [API],
        "record": [traffic_of_a],
        "panel": [*analytics_panels.PANELS, *pipeline.PANELS],
        "page": ["overview", "apis", "api"],
        "app_label": ["users", "organisations", "audit", "outbox", "analytics"],
        "content_type_id": ["1"],
        "object_id": [str(alice.organisation_id), alice.pk, bob.pk, rejected, audited, delivery],
        "audit_record": [audited],
        "kind": ["csv", "json"],
        "pk": [alice.pk, bob.pk, audited],
        **{name: [str(getattr(today, name.removeprefix("end_").removeprefix("start_")))] for name in DATES},
    }
    return list(urls(values, otherwise=[API, alice.pk, "x"]))


DATES = [f"{end}{unit}" for end in ("start_", "end_") for unit in ("day", "month", "year")]


def secrets_in(response: Any) -> set[str]:
    """Give the secrets that an answer tells."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return {secret for secret in SECRETS if secret in body.decode(errors="replace")}


def seen(client: Client, every: list[str]) -> dict[str, set[str]]:
    """Call every URL; give the secrets that each answer tells."""
    found = {url: secrets_in(client.get(url)) for url in every}
    return {url: secrets for url, secrets in found.items() if secrets}


def test_every_model_of_an_organisation_can_say_what_is_visible() -> None:
    models = tenant_models()
    assert {User, RejectedRecord} <= set(models)
    assert not [model.__name__ for model in models if not hasattr(model._default_manager.all(), "visible_to")]


def test_every_model_of_an_organisation_shows_its_own_rows_only(traffic_of_a: str, alice: User, charlie: User) -> None:
    filled = [model for model in tenant_models() if model._default_manager.visible_to(alice).exists()]
    assert len(filled) >= 4
    other = charlie.organisation_id
    for model in tenant_models():
        assert not model._default_manager.visible_to(charlie).exclude(organisation=other).exists(), model.__name__


def test_somebody_of_the_organisation_sees_it_all(
    browser_of: Callable[[User], Client], every_url: list[str], dora: User, alice: User
) -> None:
    shown = set().union(*seen(browser_of(alice), every_url).values())
    assert shown == set(SECRETS) - {"secret reason"}  # which is for super users
    client, missing = browser_of(dora), set(SECRETS)
    for url in every_url:
        missing -= secrets_in(client.get(url))
        if not missing:
            break
    assert not missing


def test_somebody_of_another_organisation_sees_nothing(
    browser_of: Callable[[User], Client], every_url: list[str], charlie: User
) -> None:
    assert seen(browser_of(charlie), every_url) == {}


def test_nobody_sees_nothing(every_url: list[str]) -> None:
    assert seen(Client(), every_url) == {}


def test_every_route_is_walked() -> None:
    walked = templates()
    assert {"/", "/ready", "/staff/users/user/{object_id}/change/"} <= set(walked)
    assert not [path for path in walked if set("()[]?*\\") & set(path)]
