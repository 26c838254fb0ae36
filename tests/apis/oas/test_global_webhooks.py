"""Webhooks of an organisation that documents name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.hooks.services import change_webhook, delete_webhook
from apps.users.models import User
from tests.apis.oas.test_rest import URL, named
from tests.factories import WebhookFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
COPY = {
    "name": "Hook",
    "url": "https://hook.example",
    "method": "PUT",
    "bodyTemplate": "t.json",
    "headers": [{"name": "A", "value": "b"}],
}
OWN = {"enabled": True, "trigger": "AuthFailure", "type": "webhook", "url": "https://own.example", "method": "POST"}


def handlers(client: APIClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{URL}/menu").json()["x-tyk-api-gateway"]["server"]["eventHandlers"]
    return found


def test_a_handler_holds_the_webhook_that_it_names(rest: Rest, alice: User) -> None:
    client = rest(alice)
    hook = WebhookFactory(
        organisation=alice.organisation, name="Hook", target_path="https://hook.example", method="PUT",
        template_path="t.json", header_map={"A": "b"}, webhook_id="pager",
    )  # fmt: skip
    handler = {
        "enabled": True,
        "trigger": "QuotaExceeded",
        "type": "webhook",
        "id": hook.webhook_id,
        "cooldownPeriod": "1m",
    }
    sent = named("menu")
    sent["x-tyk-api-gateway"]["server"]["eventHandlers"] = [handler, OWN]
    assert client.post(URL, sent).status_code == 200
    assert handlers(client) == [{**handler, **COPY}, OWN]
    change_webhook(hook, {"target_path": "https://new.example"})
    assert handlers(client) == [{**handler, **COPY, "url": "https://new.example"}, OWN]
    event = Api.objects.get().definition["event_handlers"]["events"]["QuotaExceeded"][0]
    assert event["handler_meta"]["target_path"] == "https://new.example"
    delete_webhook(hook)
    assert handlers(client) == [{**handler, **COPY, "url": "https://new.example", "id": ""}, OWN]


def test_webhooks_of_others_are_not_there(rest: Rest, alice: User, charlie: User) -> None:
    client = rest(alice)
    hook = WebhookFactory(organisation=charlie.organisation, webhook_id="theirs")
    handler = {**OWN, "id": hook.webhook_id}
    sent = named("menu")
    sent["x-tyk-api-gateway"]["server"]["eventHandlers"] = [handler]
    assert client.post(URL, sent).status_code == 200
    assert handlers(client) == [handler]
    change_webhook(hook, {"target_path": "https://new.example"})
    assert handlers(client) == [handler]
