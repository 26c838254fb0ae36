"""The database goes away while something is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from apps.audit.models import AuditChain, AuditRecord
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit import routes
from tests.audit.conftest import problem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.audit.routes")]

RestOf = Callable[..., APIClient]


def end_connection() -> None:
    """End the backend of this thread's connection, as a restart of PostgreSQL does."""
    backend = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_database_that_is_away_is_told(
    rest: RestOf, alice: User, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("connection refused")

    client = rest(alice)
    connection.close()
    with monkeypatch.context() as away:
        away.setattr(connection, "get_new_connection", refuse)
        answer = getattr(client, method)("/api/things", {"way": "well"})
    assert (answer.status_code, answer.json()["Message"]) == (503, "The database does not answer")
    assert getattr(client, method)("/api/things", {"way": "well"}).status_code == 200


@pytest.mark.parametrize("when", ["while it changes", "while it records"])
def test_a_connection_that_ends_leaves_nothing_half_done(
    rest: RestOf, alice: User, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    client = rest(alice)
    place, name = (routes, "make") if when == "while it changes" else (AuditChain, "append")
    whole = getattr(place, name)

    def end(*arguments: Any) -> Any:
        done = whole(*arguments)
        end_connection()
        return done

    with monkeypatch.context() as patched:
        patched.setattr(place, name, end)
        answer = client.post("/api/things", {"way": "half", "name": "Lost"})
    assert answer.status_code in {500, 503}
    assert answer.json()["Status"] == "Error"
    connection.close()
    assert not Organisation.objects.filter(owner_name="Lost").exists()
    assert not AuditRecord.objects.exclude(user="system").exists()
    assert client.post("/api/things", {"way": "well", "name": "Kept"}).status_code == 200
    assert problem(str(alice.organisation_id)) == ""
