"""While a provider makes Weir wait, nobody else has to: no transaction is open, and no lock is held."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.audit.models import AuditRecord
from apps.core.transactions import RemoteInTransaction
from apps.organisations.models import Organisation
from apps.sso.identities import ExternalIdentity
from apps.sso.models import IdentityProvider
from apps.sso.openid import http
from apps.sso.openid.http import ProviderSession
from apps.sso.services.nonces import redeem
from tests.sso.conftest import Broker, known, user_of
from tests.sso.provider import Provider

pytestmark = pytest.mark.django_db(transaction=True)

TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
      AND backend_type = 'client backend'
"""
LOCKS = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
PATHS = ("/.well-known/openid-configuration", "/jwks", "/token", "/userinfo")


@pytest.fixture
def example(provider: Provider, organisation_a: Organisation) -> IdentityProvider:
    """A provider that tells the rest of the claims when it is asked."""
    provider.metadata["userinfo_endpoint"] = f"{provider.issuer}/userinfo"
    provider.user_info = {"sub": "zoe"}
    return known(provider, organisation_a)


@pytest.fixture
def seen(provider: Provider) -> dict[str, tuple[int, int]]:
    """Of each path the provider was asked for: transactions and locks of others in the database at that moment."""
    counts: dict[str, tuple[int, int]] = {}
    answer = provider._answer

    def look_first(request: Any, body: bytes) -> None:
        counts[request.path] = (_count(TRANSACTIONS), _count(LOCKS))
        connection.close()
        answer(request, body)

    provider._answer = look_first  # type: ignore[method-assign]
    return counts


def _count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def sign_in(provider: Provider) -> tuple[Client, str]:
    """Have somebody go to the provider and come back; gives their browser, and where they end."""
    browser = Client()
    brought = provider.grant(str(browser.get("/sso/example/")["Location"]))
    return browser, str(browser.get("/sso/example/callback/", brought)["Location"])


@pytest.mark.usefixtures("example")
def test_no_transaction_is_open_and_no_lock_held_while_a_provider_answers(
    provider: Provider, seen: dict[str, tuple[int, int]]
) -> None:
    browser, location = sign_in(provider)
    assert seen == dict.fromkeys(PATHS, (0, 0))
    assert location == "/sso/waiting/"
    assert user_of(browser).email == "zoe@example.com"
    record = AuditRecord.objects.get(action="Log In by Single Sign-On")
    assert (record.user, record.status, bool(record.diff)) == ("zoe@example.com", 302, True)


@pytest.mark.usefixtures("example")
def test_a_provider_that_never_answers_leaves_no_lock(
    provider: Provider, seen: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_SECONDS", 0.3)
    provider.broken["/token"] = lambda request: request.connection.recv(1)  # until Weir hangs up
    browser, location = sign_in(provider)
    assert location == "/sso/failed/provider/"
    assert seen["/token"] == (0, 0)
    assert (_count(TRANSACTIONS), _count(LOCKS)) == (0, 0)
    assert not user_of(browser).is_authenticated
    record = AuditRecord.objects.get(action="Refuse Single Sign-On")
    assert (record.status, record.changes["single sign-on/example"]["reason"]) == (302, [None, "provider"])


def test_a_nonce_is_redeemed_before_the_transaction(nonce_for: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    was_open: list[bool] = []

    def watched(nonce: str) -> ExternalIdentity:
        was_open.append(connection.in_atomic_block)
        return redeem(nonce)

    monkeypatch.setattr("apps.sso.views.redeem", watched)
    assert Client().get("/tap", {"nonce": nonce_for()})["Location"] == "/sso/waiting/"
    assert was_open == [False]


def test_no_provider_is_asked_inside_a_transaction(provider: Provider) -> None:
    with (
        ProviderSession() as session,
        transaction.atomic(),
        pytest.raises(RemoteInTransaction, match="/jwks is asked inside a transaction"),
    ):
        session.document(f"{provider.issuer}/jwks")
    assert provider.asked == []
