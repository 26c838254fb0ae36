"""What Weir sends to others: signed, logged, tried again, sent again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.hooks import sending
from apps.hooks.models import Message
from apps.hooks.signing import new_secret, signature_headers
from apps.organisations.models import Organisation
from apps.outbox.attempts import deliver
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.factories import OrganisationFactory, UserFactory, WebhookFactory
from tests.hooks.conftest import Receiver

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


def post(organisation: Organisation, url: str, **more: Any) -> Message:
    """Have something sent."""
    given = {"subject": "alert/1", "event": "alert.fired", "content": {"é": 1}, **more}
    return sending.post_message(organisation=organisation, url=url, **given)


def try_once(message: Message) -> Message:
    """Do what the outbox does in one attempt."""
    with suppress(sending.NotDelivered):
        sending.deliver({"message": message.pk})
    message.refresh_from_db()
    return message


def test_a_message_is_signed_with_every_secret_as_standard_webhooks_has_it(
    receiver: Receiver, organisation_a: Organisation
) -> None:
    keys = [new_secret(), new_secret()]
    message = try_once(post(organisation_a, receiver.url, secrets=keys, headers={"X-Team": "a"}))
    [(method, headers, body)] = receiver.received
    assert (method, json.loads(body), headers["content-type"]) == ("POST", {"é": 1}, "application/json")
    assert (headers["webhook-id"], headers["x-team"]) == (message.pk, "a")
    signed = f"{message.pk}.{headers['webhook-timestamp']}.".encode() + body
    expected = [
        "v1," + base64.b64encode(hmac.new(base64.b64decode(key[6:]), signed, hashlib.sha256).digest()).decode()
        for key in keys
    ]
    assert headers["webhook-signature"].split(" ") == expected
    assert (message.status, message.answer_status, message.answer, message.attempts) == (
        "delivered", 200, "thank you", 1,
    )  # fmt: skip


def test_the_signature_is_that_of_the_specification_s_example() -> None:
    headers = signature_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_not_taken_is_tried_again_until_it_is(receiver: Receiver, organisation_a: Organisation) -> None:
    receiver.status = 503
    message = try_once(post(organisation_a, receiver.url))
    assert (message.status, message.problem, message.answer_status) == ("failed", "It answered 503.", 503)
    receiver.status = 204
    message = try_once(message)
    assert (message.status, message.attempts, message.problem) == ("delivered", 2, "")
    ids = {headers["webhook-id"] for _, headers, _ in receiver.received}
    assert ids == {message.pk}


def test_it_is_not_sent_where_weir_may_not_go(organisation_a: Organisation) -> None:
    message = try_once(post(organisation_a, "https://127.0.0.1/"))
    assert (message.status, message.answer) == ("failed", "")
    assert "not public" in message.problem


@pytest.mark.django_db(transaction=True)
def test_the_outbox_sends_it_after_the_commit_and_again_when_it_failed(receiver: Receiver) -> None:
    message = post(OrganisationFactory(), receiver.url)
    delivery = Delivery.objects.get()
    for status, expected in ((503, Delivery.Status.PENDING), (200, Delivery.Status.DELIVERED)):
        receiver.status = status
        Delivery.objects.update(available_at=timezone.now())
        deliver(delivery.pk)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.about) == (expected, "alert.fired of alert/1")
    message.refresh_from_db()
    assert (message.status, message.attempts, len(receiver.received)) == ("delivered", 2, 2)


def test_a_message_that_is_gone_is_not_sent(receiver: Receiver, organisation_a: Organisation) -> None:
    message = post(organisation_a, receiver.url)
    Message.objects.filter(pk=message.pk).delete()
    sending.deliver({"message": message.pk})
    assert receiver.received == []


def test_a_message_is_sent_again_under_its_id(receiver: Receiver, organisation_a: Organisation) -> None:
    message = try_once(post(organisation_a, receiver.url))
    sending.send_again(message)
    message = try_once(message)
    assert (message.status, message.attempts, len(receiver.received)) == ("delivered", 2, 2)


def test_secrets_are_stored_encrypted(organisation_a: Organisation) -> None:
    key = new_secret()
    message = post(organisation_a, "https://x.example", secrets=[key], headers={"Authorization": "Bearer secret"})
    stored = " ".join(str(value) for value in Message.objects.filter(pk=message.pk).values_list()[0])
    assert key not in stored
    assert "Bearer" not in stored


def test_old_messages_are_forgotten(organisation_a: Organisation, settings: Settings) -> None:
    settings.OUTBOX_RETENTION_DAYS = 7
    old, new = (post(organisation_a, "https://x.example") for _ in range(2))
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    sending.forget()
    assert list(Message.objects.all()) == [new]


@pytest.mark.parametrize("status", [200, 500])
def test_a_webhook_is_tried_out_on_its_page_which_shows_the_answer(
    receiver: Receiver, browser_of: BrowserOf, alice: User, status: int
) -> None:
    receiver.status, receiver.answer = status, b"<b>not a teapot</b>"
    webhook = WebhookFactory(
        organisation=alice.organisation, target_path=receiver.url, method="PUT", header_map={"X-A": "1"}
    )
    browser = browser_of(alice)
    page = browser.post(f"/webhooks/{webhook.pk}/test/", follow=True).content.decode()
    assert ("It was delivered: 200" in page) == (status == 200)
    assert ("It answered 500." in page) == (status == 500)
    assert "&lt;b&gt;not a teapot&lt;/b&gt;" in page
    [(method, headers, body)] = receiver.received
    assert (method, headers["x-a"], json.loads(body)["event"]) == ("PUT", "1", "AuthFailure")
    assert AuditRecord.objects.filter(action="Test Webhook", subject=webhook.pk, user=alice.email).exists()
    message = Message.objects.get()
    again = browser.post(f"/webhooks/{webhook.pk}/messages/{message.pk}/")
    assert again.status_code == 302
    assert try_once(message).attempts == 2


def test_messages_of_others_are_out_of_reach(browser_of: BrowserOf, alice: User, charlie: User) -> None:
    webhook = WebhookFactory(organisation=alice.organisation)
    message = post(charlie.organisation, "https://x.example", subject=f"webhook/{webhook.pk}")  # type: ignore[arg-type]
    browser = browser_of(alice)
    assert "alert.fired" not in browser.get(f"/webhooks/{webhook.pk}/").content.decode()
    assert browser.post(f"/webhooks/{webhook.pk}/messages/{message.pk}/").status_code == 404


def test_who_may_only_look_tries_nothing_out(browser_of: BrowserOf, receiver: Receiver, alice: User) -> None:
    webhook = WebhookFactory(organisation=alice.organisation, target_path=receiver.url)
    reader = UserFactory(organisation=alice.organisation, user_permissions={"hooks": "read"})
    browser = browser_of(reader)
    assert "Send a test" not in browser.get(f"/webhooks/{webhook.pk}/").content.decode()
    assert browser.post(f"/webhooks/{webhook.pk}/test/").status_code == 403
    assert receiver.received == []
