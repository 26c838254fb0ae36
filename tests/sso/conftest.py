"""Brokers, and what they send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.core.redis import own_redis
from apps.organisations.models import Organisation
from apps.sso.models import IdentityProvider
from apps.users.models import User, UserGroup
from tests.factories import UserFactory
from tests.sso.provider import CLIENT, SECRET, Provider

Broker = Callable[..., str]


@pytest.fixture(autouse=True)
def no_nonces() -> Iterator[None]:
    """Leave no nonce behind."""
    yield
    for key in own_redis().scan_iter("weir-sso-*"):
        own_redis().delete(key)


@pytest.fixture
def nonce_for(admin: APIClient, organisation_a: Organisation) -> Broker:
    """Have a broker vouch for somebody of organisation A; gives the nonce."""

    def vouch(email: str = "zoe@example.com", **changes: Any) -> str:
        body = {"ForSection": "dashboard", "OrgID": organisation_a.pk, "EmailAddress": email, **changes}
        answer = admin.post("/admin/sso", body)
        assert answer.status_code == 200, answer.json()
        return str(answer.json()["Meta"])

    return vouch


@pytest.fixture
def arrive(nonce_for: Broker) -> Callable[..., Client]:
    """Bring somebody in with a nonce; gives their browser."""

    def come(email: str = "zoe@example.com", **changes: Any) -> Client:
        browser = Client()
        answer = browser.get("/tap", {"nonce": nonce_for(email, **changes)})
        assert answer.status_code == 302
        return browser

    return come


@pytest.fixture
def viewers(organisation_a: Organisation) -> UserGroup:
    """A group of A whose members may look at traffic."""
    return UserGroup.objects.create(organisation=organisation_a, name="Viewers", user_permissions={"analytics": "read"})


@pytest.fixture
def editors(organisation_a: Organisation) -> UserGroup:
    """A group of A whose members may change APIs."""
    return UserGroup.objects.create(
        organisation=organisation_a, name="Editors", user_permissions={"apis": "write", "analytics": "read"}
    )


@pytest.fixture
def super_admin(organisation_a: Organisation) -> User:
    """An administrator of A who was trusted with passwords, over whom alice has no power."""
    rights = {"IsAdmin": "admin", "ResetPassword": "admin"}
    return UserFactory(email="erin@example.com", organisation=organisation_a, user_permissions=rights)


def user_of(browser: Client) -> User:
    """Who the server takes a browser's next request to be from."""
    response = browser.get("/sso/waiting/")
    user: User = response.wsgi_request.user  # type: ignore[attr-defined]
    return user


def allow_this_machine(settings: Any) -> None:
    """Let Weir fetch from providers on this machine."""
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.FETCH_ALLOW_HTTP = True


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that listens, and may be asked."""
    allow_this_machine(settings)
    running = Provider()
    running.start()
    yield running
    running.stop()
    cache.clear()


def known(provider: Provider, organisation: Organisation, **fields: Any) -> IdentityProvider:
    """Tell Weir of a provider."""
    values = {"name": "Example", "slug": "example", "issuer": provider.issuer, "client_id": CLIENT, **fields}
    made = IdentityProvider(organisation=organisation, **values)
    made.client_secret = SECRET
    made.full_clean()
    made.save()
    return made
