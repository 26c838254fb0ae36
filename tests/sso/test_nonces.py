"""Nonces: made by brokers, used once, within a minute."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.test import Client
from redis import ConnectionError as RedisAway
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.core.encryption import encrypt, encrypt_object
from apps.core.redis import own_redis
from apps.organisations.models import Organisation
from apps.sso.services import nonces
from apps.users.models import User
from tests.sso.conftest import Broker, user_of

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PERSON = {
    "ForSection": "dashboard",
    "OrgID": "a" * 24,
    "EmailAddress": "zoe@example.com",
    "DisplayName": "Zoe",
    "GroupID": "",
    "GroupsIDs": None,
    "SSOOnlyForRegisteredUsers": False,
}


@pytest.fixture
def enabled(organisation_a: Organisation) -> Organisation:
    """Organisation A with single sign-on switched on."""
    organisation_a.sso_enabled = True
    organisation_a.save()
    return organisation_a


def test_a_key_of_any_account_makes_one(rest: Rest, enabled: Organisation, bob: User) -> None:
    bob.user_permissions = {"keys": "read"}
    bob.save()
    answer = rest(bob).post("/api/sso", PERSON)
    assert (answer.status_code, answer.json()["Status"], answer.json()["Message"]) == (200, "OK", "SSO Nonce created")
    assert UUID.fullmatch(base64.b64decode(answer.json()["Meta"], validate=True).decode())
    assert re.fullmatch("[A-Za-z0-9]+", answer.json()["Meta"])  # brokers put it into an address as it is


def test_it_takes_bodies_without_content_type(rest: Rest, enabled: Organisation, bob: User) -> None:
    answer = rest(bob).generic("POST", "/api/sso", b'{"ForSection": "dashboard"}', content_type="")
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/api/sso", "/api/sso/", "/admin/sso", "/admin/sso/"])
def test_nobody_makes_one_without_a_key(path: str) -> None:
    answer = APIClient().post(path, PERSON)
    assert (answer.status_code, answer.json()["Message"]) == (401, "Not authorised")


def test_nobody_makes_one_with_the_key_of_an_account_that_is_not_active(
    rest: Rest, enabled: Organisation, bob: User
) -> None:
    client = rest(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.post("/api/sso", PERSON).status_code == 401


def test_an_external_user_vouches_for_nobody(
    enabled: Organisation, arrive: Callable[..., Client], viewers: Any
) -> None:
    browser = arrive(GroupID=viewers.pk)
    assert browser.post("/api/sso", PERSON, content_type="application/json").status_code == 403


def test_a_key_makes_none_for_another_organisation(
    rest: Rest, enabled: Organisation, organisation_b: Organisation, bob: User
) -> None:
    answer = rest(bob).post("/api/sso", {**PERSON, "OrgID": organisation_b.pk})
    assert (answer.status_code, answer.json()["Message"]) == (
        403,
        "access denied: You do not have permission to access  /api/sso",
    )


def test_a_key_makes_none_while_the_organisation_does_not_want_any(rest: Rest, bob: User) -> None:
    answer = rest(bob).post("/api/sso", PERSON)
    assert answer.status_code == 403
    assert answer.json() == {"Status": "Error", "Message": "SSO not enabled for org", "Meta": None}


def test_a_super_user_names_the_organisation(rest: Rest, enabled: Organisation, dora: User) -> None:
    assert rest(dora).post("/api/sso", PERSON).status_code == 200
    assert rest(dora).post("/api/sso", {**PERSON, "OrgID": ""}).status_code == 400


def test_the_admin_secret_makes_one_for_any_organisation(nonce_for: Broker) -> None:
    assert UUID.fullmatch(base64.b64decode(nonce_for()).decode())


@pytest.mark.parametrize("named", ["f" * 24, "", None, "x"])
def test_an_unknown_organisation_is_named_in_the_refusal(admin: APIClient, db: None, named: Any) -> None:
    answer = admin.post("/admin/sso", {**PERSON, "OrgID": named})
    cause = f"Org id not found ('{named or ''}')"
    expected = f"Cannot create an SSO session for an invalid payload: [Error: {cause}.]"
    assert (answer.status_code, answer.json()["Message"]) == (400, expected)


@pytest.mark.parametrize("section", ["portals", "", "Dashboard"])
def test_there_are_two_sections_only(nonce_for: Broker, admin: APIClient, section: str) -> None:
    assert admin.post("/admin/sso", {**PERSON, "ForSection": section}).status_code == 400
    assert nonce_for(ForSection="portal")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"ForSection": 5, "GroupsIDs": 7}', b"\xff", b"null"])
def test_a_malformed_body_is_told_so(admin: APIClient, body: bytes, db: None) -> None:
    answer = admin.generic("POST", "/admin/sso", body)
    assert (answer.status_code, answer.json()["Message"]) == (400, "Request body malformed")


def test_bodies_are_read_as_brokers_write_them(admin: APIClient, organisation_a: Organisation) -> None:
    body = {"forsection": "dashboard", "orgid": organisation_a.pk, "UserNotAllowed": None, "GroupsIDs": None}
    assert admin.post("/admin/sso", body).status_code == 200
    assert admin.post("/admin/sso", {**body, "UserNotAllowed": "false"}).status_code == 400


def test_an_empty_body_is_told_so(admin: APIClient, db: None) -> None:
    answer = admin.generic("POST", "/admin/sso", b"")
    assert (answer.status_code, answer.json()["Message"]) == (500, "Failed to read response body, body empty")


def test_it_says_when_the_nonce_could_not_be_saved(
    admin: APIClient, organisation_a: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def set(self, *_: Any, **__: Any) -> None:
            raise RedisAway("gone")

    monkeypatch.setattr(nonces, "own_redis", Away)
    answer = admin.post("/admin/sso", PERSON)
    assert (answer.status_code, answer.json()["Message"]) == (403, "Failed to save new SSO object to DB")


def test_old_brokers_call_the_address_email(nonce_for: Broker) -> None:
    nonce = nonce_for("", Email=" Zoe@Example.com")
    assert nonces.redeem(nonce).email == "zoe@example.com"


def test_it_opens_a_session_and_goes_home(nonce_for: Broker, viewers: Any) -> None:
    browser = Client()
    answer = browser.get("/tap", {"nonce": nonce_for(GroupID=viewers.pk)})
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    cookie = answer.cookies["authorisation"]
    assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert user_of(browser).email == "zoe@example.com"


def test_it_works_once(nonce_for: Broker) -> None:
    nonce = nonce_for()
    assert Client().get("/tap", {"nonce": nonce})["Location"] == "/sso/waiting/"
    second = Client()
    refused = second.get("/tap", {"nonce": nonce}, follow=True)
    assert "works once and for 60 seconds" in refused.content.decode()
    assert not user_of(second).is_authenticated


def test_it_lasts_a_minute(nonce_for: Broker) -> None:
    """The minute is Redis's own: it is asked how long it keeps the nonce, and told that the minute is over."""
    before = set(own_redis().scan_iter("weir-sso-*"))
    nonce = nonce_for()
    (key,) = set(own_redis().scan_iter("weir-sso-*")) - before
    assert 55 <= own_redis().ttl(key) <= 60
    own_redis().pexpire(key, 1)
    while own_redis().exists(key):
        pass
    assert Client().get("/tap", {"nonce": nonce})["Location"] == "/sso/failed/link/"


@pytest.mark.parametrize("nonce", ["", "wrong", "\0", "ü" * 5000, "YTNiOGUzZDAtOWYwYS00"])
def test_a_wrong_one_leads_to_the_page_that_says_so(nonce: str, db: None) -> None:
    answer = Client().get("/tap", {"nonce": nonce}, follow=True)
    assert answer.redirect_chain == [("/sso/failed/link/", 302)]
    assert answer.status_code == 403
    assert Session.objects.count() == 0


def test_a_look_does_not_use_it_up(nonce_for: Broker) -> None:
    nonce = nonce_for()
    assert Client().head("/tap", {"nonce": nonce}).status_code == 405
    assert Client().get("/tap", {"nonce": nonce})["Location"] == "/sso/waiting/"


def test_who_writes_to_redis_says_of_nobody_who_they_are(nonce_for: Broker) -> None:
    person = {"organisation": "a" * 24, "email": "alice@example.com", "is_looked_up": True, "by_operator": True}
    key = "weir-sso-" + hashlib.sha256(b"mine").hexdigest()
    nonce_for("alice@example.com")
    (theirs,) = own_redis().scan_iter("weir-sso-*")
    for written in (
        json.dumps({"section": "dashboard", "arrival": person}),
        json.dumps({"key": key, "section": "dashboard", "arrival": person}),
        own_redis().get(theirs),
        encrypt("5"),
        encrypt_object({"section": "dashboard", "arrival": person}),
        b"\xff",
    ):
        own_redis().set(key, written)
        assert Client().get("/tap", {"nonce": "mine"})["Location"] == "/sso/failed/link/"


def test_one_for_the_portal_opens_nothing_here(nonce_for: Broker) -> None:
    assert Client().get("/tap", {"nonce": nonce_for(ForSection="portal")})["Location"] == "/sso/failed/portal/"


def test_errors_may_be_shown_elsewhere(settings: Any, db: None) -> None:
    settings.SSO_CUSTOM_LOGIN_ERROR_URL = "https://example.com/sorry"
    assert Client().get("/tap?nonce=wrong")["Location"] == "https://example.com/sorry"


def test_it_says_when_redis_is_away(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    class Away:
        def getdel(self, *_: Any) -> None:
            raise RedisAway("gone")

    monkeypatch.setattr(nonces, "own_redis", Away)
    assert Client().get("/tap?nonce=some", follow=True).status_code == 503


def test_neither_redis_nor_the_audit_log_tells_it(nonce_for: Broker, settings: Any, caplog: Any) -> None:
    settings.AUDIT_DETAILED_RECORDING = True
    nonce = nonce_for()
    raw = base64.b64decode(nonce).decode()
    kept = b"".join(key + own_redis().get(key) for key in own_redis().scan_iter("*sso*")).decode()
    Client().get("/tap", {"nonce": nonce})
    Client().get("/tap", {"nonce": nonce}, follow=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(r::text, ' '), '') FROM audit_auditrecord r")
        recorded = cursor.fetchone()[0]
    assert AuditRecord.objects.count() >= 2
    for told in (kept, recorded, caplog.text):
        assert nonce not in told
        assert raw not in told


@pytest.fixture
def one_nonce(transactional_db: None, request: pytest.FixtureRequest) -> str:
    """A nonce that other threads can use, for their connections see what is committed."""
    return request.getfixturevalue("nonce_for")()


@pytest.mark.django_db(transaction=True)
def test_fifty_browsers_at_once_get_one_session(one_nonce: str) -> None:
    start = threading.Barrier(50)

    def tap(_: int) -> str:
        browser = Client()
        try:
            start.wait(timeout=60)
            return str(browser.get("/tap", {"nonce": one_nonce})["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(tap, range(50)))
    assert sorted(answers) == ["/sso/failed/link/"] * 49 + ["/sso/waiting/"]
    assert Session.objects.count() == 1


@pytest.fixture
def kept() -> Callable[[], set[bytes]]:
    """Give the nonces that Redis keeps."""
    return lambda: {*own_redis().scan_iter("weir-sso-*")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_rolled_back", [True, False])
def test_a_nonce_lasts_if_its_request_does(
    rest: Rest,
    enabled: Organisation,
    alice: User,
    kept: Callable[[], set[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    is_rolled_back: bool,
) -> None:
    before, client = kept(), rest(alice)
    client.raise_request_exception = False
    if is_rolled_back:
        monkeypatch.setattr(AuditRecord, "save", refuse)
    status = client.post("/api/sso", PERSON).status_code
    assert (status, len(kept() - before)) == ((500, 0) if is_rolled_back else (200, 1))


def refuse(*_: Any, **__: Any) -> None:
    raise DatabaseError


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_does_not_answer_costs_a_second(
    rest: Rest, enabled: Organisation, alice: User, silent_redis: None
) -> None:
    began = time.monotonic()
    answer = rest(alice).post("/api/sso", PERSON)
    assert (answer.status_code, answer.json()["Message"]) == (403, "Failed to save new SSO object to DB")
    assert time.monotonic() - began < 2.5
