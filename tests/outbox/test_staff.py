"""Deliveries on the staff site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.outbox import services
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.outbox.conftest import Receiver

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
DELIVERIES = "/staff/outbox/delivery/"
Status = Delivery.Status


@pytest.fixture
def dead(alice: User, receiver: Receiver) -> Delivery:
    """A dead delivery of A."""
    made = services.put("test", {"token": "s3cret-token"}, organisation=str(alice.organisation_id), about="Bob's mail")
    Delivery.objects.update(status=Status.DEAD, attempts=32, last_error="550 no such person")
    made.refresh_from_db()
    return made


def act(client: Client, action: str, *deliveries: Delivery, **more: str) -> Any:
    chosen = {"action": action, "_selected_action": [one.pk for one in deliveries], **more}
    return client.post(DELIVERIES, chosen, follow=True)


def test_dead_ones_are_shown_with_why(browser_of: BrowserOf, alice: User, dead: Delivery) -> None:
    client = browser_of(alice)
    for page in (f"{DELIVERIES}?status__exact=dead", f"{DELIVERIES}?q=Bob", f"{DELIVERIES}{dead.pk}/change/"):
        shown = client.get(page).content.decode()
        assert ("Bob&#x27;s mail" in shown, "550 no such person" in shown) == (True, True), page
    assert "Bob" not in client.get(f"{DELIVERIES}?status__exact=pending").content.decode().partition("result_list")[2]


def test_content_is_not_shown(browser_of: BrowserOf, dora: User, dead: Delivery) -> None:
    for page in (DELIVERIES, f"{DELIVERIES}{dead.pk}/change/"):
        shown = browser_of(dora).get(page).content.decode()
        assert dead.payload not in shown
        assert "s3cret-token" not in shown


def test_dead_ones_are_retried(browser_of: BrowserOf, alice: User, dead: Delivery) -> None:
    delivered = services.put("test", {}, organisation=str(alice.organisation_id))
    Delivery.objects.filter(pk=delivered.pk).update(status=Status.DELIVERED, delivered_at=timezone.now())
    page = act(browser_of(alice), "retry", dead, delivered)
    assert "1 tried again." in page.content.decode()
    dead.refresh_from_db()
    delivered.refresh_from_db()
    assert (dead.status, dead.attempts, delivered.status) == (Status.PENDING, 0, Status.DELIVERED)
    record = AuditRecord.objects.get(action="Retry Delivery")
    assert (record.user, record.subject) == (alice.email, dead.pk)


def test_they_are_deleted(browser_of: BrowserOf, alice: User, dead: Delivery) -> None:
    act(browser_of(alice), "delete_selected", dead, post="yes")
    assert not Delivery.objects.exists()
    record = AuditRecord.objects.get(action="Delete Delivery")
    assert (record.user, "550 no such person" in record.diff) == (alice.email, True)


def test_nobody_sees_or_touches_those_of_another_organisation(
    browser_of: BrowserOf, charlie: User, dora: User, dead: Delivery
) -> None:
    client = browser_of(charlie)
    assert "Bob" not in client.get(DELIVERIES).content.decode()
    assert client.get(f"{DELIVERIES}{dead.pk}/change/").status_code == 302
    act(client, "retry", dead)
    act(client, "delete_selected", dead, post="yes")
    dead.refresh_from_db()
    assert dead.status == Status.DEAD
    assert "Bob" in browser_of(dora).get(DELIVERIES).content.decode()


def test_those_of_no_organisation_are_for_super_users(browser_of: BrowserOf, alice: User, dora: User) -> None:
    Delivery.objects.create(kind="test", about="somebody@example.com")
    assert "somebody@" not in browser_of(alice).get(DELIVERIES).content.decode()
    assert "somebody@" in browser_of(dora).get(DELIVERIES).content.decode()
