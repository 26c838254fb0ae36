"""A mail from the page to the mail server, through a real queue and a worker that is killed."""

from __future__ import annotations

import time
from threading import Event

import pytest
from django.test import Client
from django.utils import timezone

from apps.outbox import attempts, wakeups
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.outbox.mail_server import mail_server
from tests.outbox.processes import worker

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

LONGEST = 60  # seconds that a worker may need, on a machine that is busy


def sweep_until(event: Event) -> None:
    """Do what beat does, for a message may be too old before a worker has started."""
    end = time.monotonic() + LONGEST
    while not event.wait(1):
        assert time.monotonic() < end, "no worker came so far"
        attempts.sweep()


def test_a_mail_is_sent_though_the_worker_that_was_at_it_is_killed(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "_silent_until", 0.0)
    with mail_server() as server:
        server.hangs = True
        with worker(server.url) as first:
            assert Client().post("/password/forgotten/", {"email": bob.email}).status_code == 302
            sweep_until(server.is_asked)
            first.kill()
        server.hangs = False
        assert Delivery.objects.get().status == Delivery.Status.PENDING
        Delivery.objects.update(available_at=timezone.now())  # the lease is over
        with worker(server.url):
            sweep_until(server.is_taken)
    assert "http://testserver/password/new/#" in server.mails[0]
