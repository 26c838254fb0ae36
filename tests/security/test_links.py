"""Links and redirect addresses lead to Weir, whatever a caller says its name is."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from apps.core.requests import public_url
from apps.organisations.models import Organisation
from apps.outbox.models import Delivery
from apps.users.models import User
from tests.sso.conftest import known, provider
from tests.sso.provider import Provider

__all__ = ["provider"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("host", "port", "found"),
    [
        ("weir.example.com", "8000", "http://weir.example.com"),
        ("weir.example.com:8000", "8000", "http://weir.example.com:8000"),
        ("weir.example.com:6666", "8000", ""),
        ("weir.example.com:443", "8000", ""),
        ("[::1]:8000", "8000", "http://[::1]:8000"),
        ("[::1]:1", "8000", ""),
    ],
)
def test_a_port_that_is_not_ours_makes_no_link(settings: Settings, host: str, port: str, found: str) -> None:
    settings.ALLOWED_HOSTS = ["weir.example.com", "[::1]"]
    request = RequestFactory().get("/", headers={"Host": host}, SERVER_PORT=port)
    assert public_url(request) == found
    settings.PUBLIC_URL = "https://weir.example.com/weir"
    assert public_url(request) == settings.PUBLIC_URL


@pytest.mark.parametrize(
    ("host", "hosts"), [("testserver:6666", ["testserver"]), ("evil.example.com", ["*"]), ("testserver:1", ["*"])]
)
def test_nothing_is_sent_and_nobody_is_sent_away(
    settings: Settings, bob: User, organisation_a: Organisation, provider: Provider, host: str, hosts: list[str]
) -> None:
    settings.ALLOWED_HOSTS = hosts
    known(provider, organisation_a)
    answer = Client(HTTP_HOST=host).post("/password/forgotten/", {"email": bob.email})
    assert (answer.status_code, Delivery.objects.count()) == (503, 0)
    assert Client(HTTP_HOST=host).get("/sso/example/")["Location"] == "/sso/failed/address/"


@pytest.mark.usefixtures("worker_at_hand")
def test_the_worker_works_the_address_out(settings: Settings, bob: User, mailoutbox: list[EmailMessage]) -> None:
    settings.PUBLIC_URL = "https://weir.example.com"
    Client(HTTP_HOST="testserver:6666").post("/password/forgotten/", {"email": bob.email})
    [mail] = mailoutbox
    assert "https://weir.example.com/password/new/#" in str(mail.body)
    assert (mail.to, "testserver" in str(mail.body)) == ([bob.email], False)
