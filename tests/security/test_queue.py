"""Whoever can write to Redis, as every gateway may, has no power over workers and sends no mail of theirs."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from apps.outbox import attempts, wakeups
from apps.users.models import User
from config import celery_app
from tests.outbox.mail_server import mail_server
from tests.outbox.processes import worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

EVIL = {"email": "mallory@evil.example.com", "origin": "https://evil.example.com", "base": "https://evil.example.com/"}


def test_tasks_take_ids_only() -> None:
    celery_app.loader.import_default_modules()
    ours = {name: task for name, task in celery_app.tasks.items() if not name.startswith("celery.")}
    takers = {name: task.run.__annotations__ for name, task in ours.items() if len(task.run.__annotations__) > 1}
    assert takers == {"outbox.deliver": {"delivery_id": "str", "return": "None"}}


def test_workers_do_what_the_database_says_and_nothing_else(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "_silent_until", 0.0)
    with mail_server() as server, worker(server.url) as process:
        for arguments in (["0" * 24], [EVIL], [bob.email, EVIL], ["users.reset_links"]):
            celery_app.send_task("outbox.deliver", arguments, queue="weir")
        celery_app.send_task("users.reset_links", kwargs=EVIL, queue="weir")
        celery_app.send_task("os.system", ["true"], queue="weir")
        Client().post("/password/forgotten/", {"email": bob.email})
        end = time.monotonic() + 60
        while not server.is_taken.wait(1):
            assert time.monotonic() < end, "no worker came so far"
            attempts.sweep()
        assert celery_app.control.inspect(timeout=2).ping() is None
        assert celery_app.control.inspect(timeout=2).conf() is None
        celery_app.control.shutdown()
        time.sleep(3)
        assert process.poll() is None
    assert "evil" not in str(server.mails)
    assert len(server.mails) == 1
