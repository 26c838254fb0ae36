"""What an API names is neither read nor changed by who may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.hooks.models import Webhook
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import UserFactory, WebhookFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
DENIED = "access denied: You do not have permission to use this webhook"


@pytest.fixture
def writer(organisation_a: Organisation, settings: Settings) -> User:
    """Somebody who may write APIs, and nothing else."""
    settings.ENABLE_OWNERSHIP = True
    return UserFactory(organisation=organisation_a, user_permissions={"apis": "write"})


@pytest.fixture
def webhook(organisation_a: Organisation) -> Webhook:
    """A webhook with a secret header."""
    return WebhookFactory(organisation=organisation_a, header_map={"Authorization": "secret"}, webhook_id="pager")


def body(hook: dict[str, Any]) -> dict[str, Any]:
    references = [{"event_name": "AuthFailure", "event_timeout": 1, "hook": hook}]
    return {"api_definition": {"name": "Orders"}, "hook_references": references}


def test_nobody_reads_a_webhook_by_naming_it(rest: Rest, writer: User, webhook: Webhook) -> None:
    guess = {"id": webhook.pk, "method": "POST", "target_path": "https://x.example"}
    answer = rest(writer).post("/api/apis", body(guess))
    assert (answer.status_code, answer.json()["Message"]) == (403, DENIED)
    assert not Api.objects.exists()


def test_who_knows_a_webhook_or_has_it_may_go_on_using_it(rest: Rest, writer: User, webhook: Webhook) -> None:
    made = rest(writer).post("/api/apis", body(webhook.as_copy))
    assert made.status_code == 200
    stale = {**webhook.as_copy, "name": "Stale"}
    assert rest(writer).put(f"/api/apis/{made.json()['Meta']}", body(stale)).status_code == 200


def test_a_version_that_is_hidden_is_not_touched(rest: Rest, alice: User, writer: User) -> None:
    hidden = Api.objects.create(organisation=alice.organisation, name="Hidden", api_id="hidden")
    set_owners(api=hidden, users=[alice])
    definition = {"name": "Mine", "definition": {"enabled": True, "versions": {"v2": "hidden"}}}
    assert rest(writer).post("/api/apis", {"api_definition": definition}).status_code == 200
    hidden.refresh_from_db()
    assert hidden.base is None
    assert not rest(alice).get("/api/apis/hidden").has_header("x-tyk-base-api-id")
