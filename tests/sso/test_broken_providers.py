"""Providers that are away, answer nonsense, or hold whoever asks them."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from apps.organisations.models import Organisation
from apps.sso.models import IdentityProvider
from apps.sso.openid import http
from tests.sso.conftest import allow_this_machine, known
from tests.sso.provider import REMOVED, Provider

pytestmark = pytest.mark.django_db

PATHS = ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"]


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait and read less than usual."""
    monkeypatch.setattr(http, "MAX_SECONDS", 0.5)
    monkeypatch.setattr(http, "MAX_BYTES", 20_000)


@pytest.fixture
def example(provider: Provider, organisation_a: Organisation) -> IdentityProvider:
    """The provider of organisation A, which tells the rest of the claims when it is asked."""
    provider.metadata["userinfo_endpoint"] = f"{provider.issuer}/userinfo"
    return known(provider, organisation_a)


def sign_in(provider: Provider) -> str:
    """Sign somebody in; gives where they end."""
    browser = Client()
    location = str(browser.get("/sso/example/")["Location"])
    if location.startswith(provider.issuer):
        provider.user_info = {"sub": "zoe"}
        location = str(browser.get("/sso/example/callback/", provider.grant(location))["Location"])
    return location


def fails(status: int) -> Callable[[Any], None]:
    """Answer with an error."""
    return lambda request: Provider.reply(request, status, {"error": "broken"})


def redirects(request: Any) -> None:
    """Send the caller to where only it can reach."""
    request.send_response(302)
    request.send_header("Location", "http://127.0.0.1:1/secret")
    request.send_header("Content-Length", "0")
    request.end_headers()


def hangs_up(request: Any) -> None:
    """Say nothing."""
    request.connection.close()


def talks_nonsense(request: Any) -> None:
    """Answer with something that is no object."""
    Provider.reply(request, 200, ["nonsense"])


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
@pytest.mark.parametrize("breaks", [fails(500), redirects, hangs_up, talks_nonsense])
def test_it_says_when_the_provider_is_broken(
    example: IdentityProvider, provider: Provider, path: str, breaks: Callable[[Any], None]
) -> None:
    provider.broken[path] = breaks
    page = Client().get("/sso/example/", follow=True)
    assert page.redirect_chain == [("/sso/failed/provider/", 302)]
    assert (page.status_code, "does not answer" in page.content.decode()) == (503, True)


@pytest.mark.parametrize("breaks", [fails(500), redirects, hangs_up, talks_nonsense])
def test_it_says_when_the_provider_breaks_on_the_way(
    example: IdentityProvider, provider: Provider, breaks: Callable[[Any], None]
) -> None:
    provider.broken["/token"] = breaks
    assert sign_in(provider) in {"/sso/failed/provider/", "/sso/failed/answer/"}


def test_it_says_when_the_provider_is_away(organisation_a: Organisation, settings: Settings) -> None:
    allow_this_machine(settings)
    away = Provider()
    away.start()
    known(away, organisation_a)
    away.stop()
    assert Client().get("/sso/example/")["Location"] == "/sso/failed/provider/"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": "https://elsewhere.example"}, "answer"),
        ({"issuer": REMOVED}, "answer"),
        ({"token_endpoint": REMOVED}, "answer"),
        ({"authorization_endpoint": 5}, "answer"),
        ({"jwks_uri": "http://192.0.2.1/keys"}, "provider"),
        ({"jwks_uri": "file:///etc/passwd"}, "provider"),
    ],
    ids=str,
)
def test_a_provider_that_is_not_what_it_says_opens_nothing(
    example: IdentityProvider, provider: Provider, metadata: dict[str, Any], reason: str
) -> None:
    provider.metadata = metadata
    assert Client().get("/sso/example/")["Location"] == f"/sso/failed/{reason}/"


def drip(request: Any, pieces: Iterator[bytes]) -> None:
    """Send a piece every tenth of a second, until nobody reads any more."""
    with contextlib.suppress(OSError):
        for piece in pieces:
            request.wfile.write(piece)
            request.wfile.flush()
            time.sleep(0.1)


def drips(request: Any) -> None:
    """Give a body a byte at a time."""
    request.send_response(200)
    request.send_header("Content-Length", "100")
    request.end_headers()
    drip(request, (b" " for _ in range(100)))


def drips_headers(request: Any) -> None:
    """Give a header a byte at a time."""
    request.send_response(200)
    request.flush_headers()
    drip(request, (b"x" for _ in range(100)))


def says_nothing(request: Any) -> None:
    """Let the caller wait."""
    time.sleep(10)


def floods(request: Any) -> None:
    """Give more than anybody needs."""
    Provider.reply(request, 200, {"keys": "x" * 30_000})


def floods_packed(request: Any) -> None:
    """Give little that becomes much."""
    content = gzip.compress(b'{"keys": "' + b"x" * 1_000_000 + b'"}')
    request.send_response(200)
    request.send_header("Content-Encoding", "gzip")
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    with contextlib.suppress(OSError):
        request.wfile.write(content)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("holds", [drips, drips_headers, says_nothing, floods, floods_packed])
def test_it_holds_nobody_for_long(
    example: IdentityProvider, provider: Provider, path: str, holds: Callable[[Any], None]
) -> None:
    provider.broken[path] = holds
    began = time.monotonic()
    assert sign_in(provider) == "/sso/failed/provider/"
    assert time.monotonic() - began < 6  # much of it may be the first import of something
    asked = len(provider.asked)
    assert sign_in(provider) == "/sso/failed/provider/"
    assert len(provider.asked) == asked  # nothing: it did not answer a moment ago
    cache.clear()
    provider.broken.clear()
    assert sign_in(provider) == "/sso/waiting/"


def test_what_others_bring_about_keeps_nobody_out(example: IdentityProvider, provider: Provider) -> None:
    provider.broken["/token"] = lambda request: Provider.reply(request, 500, {"error": "no such code"})
    assert sign_in(provider) == "/sso/failed/provider/"
    provider.broken.clear()
    assert sign_in(provider) == "/sso/waiting/"
