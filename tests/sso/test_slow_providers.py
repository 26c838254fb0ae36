"""While a provider makes Weir wait, nobody else has to: no transaction is open, and no lock is held."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.audit.models import AuditRecord
from apps.core.transactions import RemoteInTransaction
from apps.organisations.models import Organisation
from apps.sso.identities import ExternalIdentity
from apps.sso.models import IdentityProvider
from apps.sso.openid import http, seats
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
    assert (record.user, record.status, bool(record.diff)) == ("external user zoe@example.com", 302, True)


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


def test_slow_providers_hold_two_threads_at_most(
    provider: Provider, organisation_a: Organisation, organisation_b: Organisation
) -> None:
    third = Organisation.objects.create(owner_name="Third")
    hosts = {"a": organisation_a, "b": organisation_b, "c": third}
    for slug, organisation in hosts.items():
        known(provider, organisation, slug=slug)
    waits, goes_on = Semaphore(0), Event()

    def hold(request: Any) -> None:
        waits.release()
        goes_on.wait(5)
        Provider.reply(request, 500, {})

    def start(slug: str) -> tuple[int, str]:
        answer = Client().get(f"/sso/{slug}/")
        connection.close()
        return answer.status_code, str(answer.get("Refresh", answer.get("Location")))

    provider.broken["/.well-known/openid-configuration"] = hold
    with ThreadPoolExecutor(2) as threads:
        held = [threads.submit(start, "a")]
        assert waits.acquire(timeout=5)
        assert start("a") == (503, "1")  # an organisation takes one
        held.append(threads.submit(start, "b"))
        assert waits.acquire(timeout=5)
        assert start("c") == (503, "1")
        goes_on.set()
        assert [one.result() for one in held] == [(302, "/sso/failed/provider/")] * 2
    provider.broken.clear()
    assert start("c")[0] == 302
    assert len(provider.asked) == 4


def test_a_code_is_not_used_up_while_others_sign_in(
    provider: Provider, example: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    brought = provider.grant(str(browser.get("/sso/example/")["Location"]))
    with monkeypatch.context() as patch:
        patch.setattr(seats, "SEATS", 0)
        assert browser.get("/sso/example/callback/", brought).status_code == 503
    assert browser.get("/sso/example/callback/", brought)["Location"] == "/sso/waiting/"
