"""No secret gets into the log, however it comes: canaries go through everything, and then the log is searched."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.analytics import partitions
from apps.analytics.models import AnalyticsRecord
from apps.audit import services
from apps.audit.diff import diff_of
from apps.audit.middleware import response_dump
from apps.audit.models import AuditRecord
from apps.audit.redaction import REDACTED, is_secret, redact, redact_query
from apps.users.models import User
from tests.analytics.factories import RequestFactory, raw_fields
from tests.audit.conftest import A, problem
from tests.plugins.cast import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.audit.routes")]

RestOf = Callable[..., APIClient]
ADMIN_SECRET = "canary-admin-secret"


@pytest.fixture(autouse=True)
def detailed(settings: Settings) -> None:
    """Record everything."""
    settings.AUDIT_DETAILED_RECORDING = True
    settings.ADMIN_SECRET = ADMIN_SECRET


def everything() -> str:
    """Give every text of every audit row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(r::text, chr(10)), '') FROM audit_auditrecord r")
        found: str = cursor.fetchone()[0]
    return found


def send_canaries(rest: RestOf, alice: User) -> Iterator[str]:
    """Send secrets in every way there is; give them."""
    client = rest(alice)
    key = client._credentials["HTTP_AUTHORIZATION"]
    yield from (key, ADMIN_SECRET, "k" * 32, "0123456789abcdef" * 2, "s3cret-word", PASSWORD, "canary-wrong-password")
    client.post(f"/api/things?nonce=canary-nonce&access_key={key}&q={key}", {"way": "well"}, HTTP_X_NOTE=f"my {key}")
    client.get("/api/things", HTTP_X_API_KEY="canary-header", HTTP_ADMIN_AUTH="canary-admin-try")
    client.get("/api/things/canary-key-in-the-path")
    client.get("/api/keys/canary-key-of-an-unknown-route/")
    rest().get("/api/things", HTTP_AUTHORIZATION="Bearer canary-wrong-key")
    rest().post("/admin/things", HTTP_ADMIN_AUTH=ADMIN_SECRET, HTTP_X_NOTE=f"it is {ADMIN_SECRET}")
    yield from (
        "canary-nonce",
        "canary-header",
        "canary-admin-try",
        "canary-key-in",
        "canary-key-of",
        "canary-wrong-key",
    )
    browser = Client(enforce_csrf_checks=True)
    token = browser.get("/login/").cookies["csrftoken"].value
    form = {"username": alice.email, "csrfmiddlewaretoken": token}
    browser.post("/login/", {**form, "password": "canary-wrong-password"})
    browser.post("/login/", {**form, "password": PASSWORD})
    session = browser.cookies["authorisation"].value
    browser.get("/api/things", HTTP_X_NOTE=f"session {session}")
    browser.post("/logout/", {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value})
    yield from (token, session)


def test_no_secret_is_in_any_row(rest: RestOf, alice: User) -> None:
    secrets = list(send_canaries(rest, alice))
    log = everything()
    assert not [secret for secret in secrets if secret in log]
    assert AuditRecord.objects.exclude(response_dump="").count() >= 10
    assert "…path" in log  # the last characters tell keys apart
    assert problem(A) == ""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.django_db(transaction=True)
def test_no_secret_is_in_the_file(rest: RestOf, alice: User, settings: Settings, tmp_path: Path, form: str) -> None:
    settings.AUDIT_STORE_TYPE, settings.AUDIT_FORMAT = "file", form
    settings.AUDIT_PATH = str(tmp_path / "audit.log")
    secrets = list(send_canaries(rest, alice))
    log = (tmp_path / "audit.log").read_text()
    assert log.count("/api/things") >= 5
    assert not [secret for secret in secrets if secret in log]


def test_a_dump_has_the_head_of_the_request_and_the_whole_answer(rest: RestOf, alice: User) -> None:
    rest(alice).get("/api/things?p=1", HTTP_X_FLAVOUR="vanilla")
    record = AuditRecord.objects.exclude(user="system").get()
    request, answer = record.request_dump.splitlines(), record.response_dump.splitlines()
    assert request[0] == "GET /api/things?p=1 HTTP/1.1"
    assert {"X-Flavour: vanilla", f"Authorization: {REDACTED}"} <= set(request)
    assert answer[0] == "HTTP/1.1 200 OK"
    assert "Content-Type: application/json; charset=utf-8" in answer
    assert answer[-1] == f'{{"name": "thing", "access_key": "{REDACTED}", "Meta": "{REDACTED}"}}'


def test_recorded_traffic_is_not_dumped(rest: RestOf, bob: User) -> None:
    partitions.maintain()
    body, now = b64encode(b"POST / HTTP/1.1\r\n\r\ncard=canary-4111").decode(), timezone.now()
    fields = raw_fields(RequestFactory(timestamp=now - timedelta(minutes=1)))
    AnalyticsRecord.objects.create(**{**fields, "raw_request": body, "raw_response": body})
    answer = rest(bob).get("/api/logs/", {"start": int(now.timestamp()) - 3600, "end": int(now.timestamp())})
    assert body in answer.content.decode()
    dump = AuditRecord.objects.exclude(response_dump="").get().response_dump
    assert f'"RawRequest": "{REDACTED}", "RawResponse": "{REDACTED}"' in dump
    assert body not in everything()


def test_pages_are_not_dumped(alice: User) -> None:
    Client().post("/login/", {"username": alice.email, "password": "x"})
    assert "bytes of text/html" in AuditRecord.objects.exclude(user="system").get().response_dump


def test_what_is_read_from_the_log_is_not_in_it_again(rest: RestOf, alice: User) -> None:
    client = rest(alice)
    for _ in range(3):
        client.get("/api/things")
    pk = AuditRecord.objects.exclude(response_dump="")[0].pk
    for _ in range(3):
        client.get(f"/api/audit-logs/{pk}")
    assert '"response_dump": "…"' in AuditRecord.objects.all()[0].response_dump


def test_a_caller_cannot_have_a_word_hidden(rest: RestOf, alice: User) -> None:
    hidden = {"HTTP_ADMIN_AUTH": "/api/things", "HTTP_COOKIE": "authorisation=/api/things; csrftoken=/api/things"}
    rest(alice).get("/api/things", **hidden)
    rest().get("/api/things", HTTP_AUTHORIZATION="/api/things")
    urls = AuditRecord.objects.exclude(user="system").values_list("url", flat=True)
    assert list(urls) == ["/api/things", "/api/things"]


@pytest.mark.parametrize(
    "name",
    "password Password new_password passwordConfirm client_secret ADMIN_SECRET access_key accessKey apikey X-Api-Key"
    " token refresh_token csrfmiddlewaretoken digest key_hash Authorization authorisation Cookie Set-Cookie admin-auth"
    " credentials private_key nonce key keys key_id code state hash session_id PWHistory basic_auth_data otp"
    " RawRequest raw_response".split(),
)
def test_it_knows_a_secret_by_its_name(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    "email password_max_days password_updated token_type cookie_name session_lifetime name id url api_id status tags"
    " auth_header_name monkey user_permissions organisation active policies hashtag encode".split(),
)
def test_it_knows_what_is_no_secret(name: str) -> None:
    assert not is_secret(name)


def test_it_redacts_as_deep_as_it_goes() -> None:
    given: dict[str, Any] = {
        "name": "n",
        "auth": {"x": "1"},
        "list": [{"secret": "1", "ok": 2}],
        "keys": ["a", "b"],
        "use_password": True,
        "password": None,
        "pem": "-----BEGIN EC PRIVATE KEY-----\nabc",
        "url": "https://me:pass@example.com/x",
        "user_permissions": {"keys": "write", "ResetPassword": "admin"},
    }
    assert redact(given) == {
        "name": "n",
        "auth": REDACTED,
        "list": [{"secret": REDACTED, "ok": 2}],
        "keys": REDACTED,
        "use_password": True,
        "password": None,
        "pem": REDACTED,
        "url": f"https://{REDACTED}@example.com/x",
        "user_permissions": {"keys": "write", "ResetPassword": "admin"},
    }


def test_a_diff_has_the_fields_that_differ_without_secrets() -> None:
    before = {
        "same": 1, "email": "a", "password": "old", "token": None, "limits": {"rate": 1, "secret": "x", "per": 2},
        "user_permissions": {"keys": "read", "apis": "read"}, "gone": [1], "long": "a",
    }  # fmt: skip
    after = {
        "same": 1, "email": "b", "password": "new", "token": "t", "limits": {"rate": 2, "secret": "y", "per": 2},
        "user_permissions": {"keys": "write", "apis": "read"}, "long": "b" * 5000,
    }  # fmt: skip
    diff = diff_of(before, after)
    assert diff.pop("long")[1].endswith("… (5000 characters)")
    assert diff == {
        "email": ["a", "b"],
        "password": [REDACTED, REDACTED],
        "token": [None, REDACTED],
        "limits.rate": [1, 2],
        "limits.secret": [REDACTED, REDACTED],
        "user_permissions.keys": ["read", "write"],
        "gone": [[1], None],
    }
    assert diff_of(None, {"a": 1}) == {"a": [None, 1]}
    assert diff_of({"a": 1}, None) == {"a": [1, None]}
    assert diff_of(before, before) == {}


def test_queries_keep_what_is_no_secret() -> None:
    assert redact_query("a=1&token=x&to%6ben=y&b&nonce=&key=z") == "a=1&token=…&to%6ben=…&b&nonce=&key=…"


@pytest.mark.parametrize(
    "address",
    [
        "/api/activity/keys/endpoint/{}/1/1/2024/2/1/2024",
        "/api/activity/keys/endpoint/{}/1/1/2024/2/1",  # no route
        "/api/activity/keys/{}/1/1/2024/2/1/2024?p=-1",
        "/api/activity/keys/aggregate/{},/1/1/2024/2/1/2024",
        "/api/things/{}",
        "/api/keys/{}",
        "/api/keys/detail/{}/",
        "/api/apis/x/keys/{}?a=1",
    ],
)
@pytest.mark.parametrize(
    "key",
    [
        *("canary-ab+c==", "canary:@$,=;", "canary/d+e/f==", "canary ü%", "cana", "canary?x#y"),
        "eyJvcmciOiJhIn0=canary+/==",
    ],
)
def test_no_key_is_in_an_address(
    rest: RestOf, alice: User, caplog: pytest.LogCaptureFixture, address: str, key: str
) -> None:
    written = address.format(quote(key, safe="+:@$,/" if "keys/" in address else "+:@$,").replace("%2F", "+"))
    rest(alice).get(written, HTTP_REFERER=f"https://weir.example.com{written}", HTTP_X_ORIGINAL_URI=written)
    record = AuditRecord.objects.exclude(user="system").get()
    assert record.url.startswith(address.partition("{")[0].removesuffix("aggregate/").removesuffix("detail/")[:10])
    lines = " ".join(line.getMessage() for line in caplog.records)
    for text in (record.url, record.request_dump if "keys/" in address else "", lines):
        assert not [part for part in ("canary", "cana", "eyJv") if part in unquote(text)]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Referer", "https://weir.example.com/login/?next=%2Ftap%3Fnonce%3Dcanary-1"),
        ("HX-Current-URL", "https://weir.example.com/tap?nonce=canary-1&a=b"),
        ("X-Original-URI", "/api/keys/canary-1/more"),
        ("X-Note", "see </api/x?token=canary-1>; rel=next"),
        ("Referer", "https://weir.example.com/#access_token=canary-1"),
    ],
)
def test_no_secret_is_in_an_address_in_a_header(rest: RestOf, alice: User, header: str, value: str) -> None:
    rest(alice).get("/api/things", headers={header: value})
    dump = AuditRecord.objects.exclude(user="system").get().request_dump
    assert re.search(rf"(?im)^{header}: .*{REDACTED}", dump)
    assert "canary" not in dump


def test_no_secret_is_in_where_an_answer_leads() -> None:
    dump = response_dump(HttpResponse(status=302, headers={"Location": "/password/new/?token=canary&a=1"}))
    assert f"Location: /password/new/?token={REDACTED}&a=1" in dump


@pytest.mark.parametrize("secret", ['say "canary"', "back\\canary", "canary ü", "canary/+ ?"])
def test_a_known_secret_is_found_in_json_and_in_urls(settings: Settings, secret: str) -> None:
    settings.ADMIN_SECRET = secret
    services.record_event(action="Note", kind="note", id=quote(secret), organisation=A, after={"text": f"is {secret}"})
    record = AuditRecord.objects.get()
    assert (record.subject, record.changes) == (REDACTED, {f"note/{REDACTED}": {"text": [None, f"is {REDACTED}"]}})


def test_notes_of_one_request_are_one_record(rest: RestOf, alice: User) -> None:
    from apps.audit.context import audit_context, merged_diffs

    with audit_context() as context:
        services.record_event(action="First", kind="user", id="1", before={"a": 1, "b": 1}, after={"a": 2, "b": 1})
        services.record_event(action="Second", kind="user", id="1", before={"a": 2}, after={"a": 3})
        services.record_event(action="Third", kind="group", id="2", organisation=A, after={"c": 1})
    assert (context.action, context.organisation) == ("First", A)
    assert merged_diffs(context.kept_events()) == {"user/1": {"a": [1, 3]}, "group/2": {"c": [None, 1]}}


@pytest.mark.parametrize(
    "path", ["/api/%00", "/api/%FF%FE", "/api/%ED%A0%80", "/api/x?a=%00&b=%FF", "/api/ä€😀", "/api/%0a%0d"]
)
def test_odd_addresses_are_recorded(rest: RestOf, alice: User, path: str) -> None:
    answer = rest(alice).get(path, HTTP_USER_AGENT="\x00\xff\udcff", HTTP_X_REQUEST_ID="\x00")
    assert answer.status_code == 404
    record = AuditRecord.objects.exclude(user="system").get()
    assert record.url.startswith("/api/")
    assert "\n" not in record.url
    assert record.request_dump.startswith(f"GET {record.url} HTTP/1.1\n")
    call_command("verify_audit", verbosity=0)


def test_odd_values_are_recorded(rest: RestOf) -> None:
    odd = {"nul": "\0", "half": "\ud800", "set": {1}, "bytes": b"x", "big": 10**40, "nan": 1e999}
    services.record_event(action="Odd \0\ud800", kind="k" * 99, id="i" * 999, organisation=A, after=odd)
    record = AuditRecord.objects.get()
    assert (record.action, len(record.kind), len(record.subject)) == ("Odd \ufffd?", 64, 200)
    changes = record.changes["k" * 99 + "/" + "i" * 999]
    assert (changes["nul"], changes["half"]) == ([None, "\ufffd"], [None, "?"])
    assert changes["nan"] == [None, "Infinity"]
    assert changes["set"] == [None, [1]]
    assert problem(A) == ""
