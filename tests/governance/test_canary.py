"""Secrets that went in are found nowhere: no table, no log, no answer and no audit file has one in plain text.

Every way in that takes or gives a secret is walked, with detailed auditing on; then all that was stored, written and
answered is searched for each secret, in every form in which it could stand there.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyotp
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.users import services
from apps.users.models import User
from config.celery import app
from tests.factories import OrganisationFactory, UserFactory
from tests.governance.asking import new_client, session_of
from tests.governance.roles import READER

pytestmark = pytest.mark.django_db

WRONG = "canary-Wrong%password1"
FIRST, SECOND, THIRD = "canary-First%word5", "canary-Second%word5", "canary-Third%word5"
ADMIN_SECRET, WRONG_ADMIN_SECRET = "canary-admin-secret", "canary-other-admin-secret"
NODE_SECRET, CLIENT_SECRET = "canary-node-secret", "canary-client-secret"
FOREIGN_KEY = "canary0access0key0of0elsewhere00"

#: Where a secret may stand, by its name, with the reason. "answer" is by the end of the address.
MAY_STAND = {
    ("access key", "answer of /api/users/{user}"): "a new key is shown once, to whoever made the account",
    ("own access key", "answer of /profile/access-key/"): "a new key is shown once, to its owner",
    ("access key by the operator", "answer of /admin/users"): "a new key is shown once, to whoever made the account",
    ("session cookie", "table django_session"): "its key; the row is found by it, and the database is Weir's own",
    ("session cookie", "cookie of /login/code/"): "this is how a browser gets it",
    ("seed", "answer of /two-factor/"): "a device must read it",
    ("recovery code", "answer of /two-factor/"): "a person must write them down, once",
    ("sso nonce", "answer of /api/sso"): "this is how a broker gets it",
}


@dataclass
class Journey:
    """What was kept secret, by name, and every answer: where it came from, and its head and body."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str]] = field(default_factory=list)

    def call(self, client: Client, method: str, address: str, data: Any = None, **more: Any) -> Any:
        """Make a call and keep the answer."""
        kind = {} if data is None or "headers" not in more else {"content_type": "application/json"}
        answer = getattr(client, method)(address, data, **kind, **more)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        head = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        path = re.sub(r"[0-9a-f]{24}", "{user}", address.partition("?")[0])
        self.answers.append((f"answer of {path}", f"{head} {body.decode(errors='replace')}"))
        self.answers.append((f"cookie of {path}", answer.cookies.output()))
        return answer


@pytest.fixture(autouse=True)
def worker_at_hand() -> Iterator[None]:
    """Do tasks at once: there is no worker in tests."""
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def admin(db: None, settings: Settings) -> User:
    """A super-admin of A, who is staff."""
    settings.ADMIN_SECRET, settings.NODE_SECRET = ADMIN_SECRET, NODE_SECRET
    settings.AUDIT_DETAILED_RECORDING = True
    organisation = OrganisationFactory(id="a" * 24, sso_enabled=True)
    return UserFactory(
        organisation=organisation, is_staff=True, user_permissions={"IsAdmin": "admin", "ResetPassword": "admin"}
    )


def walked(admin: User) -> Journey:
    """Take every way that a secret takes."""
    journey = Journey({"wrong password": WRONG, "admin secret": ADMIN_SECRET, "node secret": NODE_SECRET})
    person = _made_over_rest(journey, admin)
    browser = _logged_in(journey, person)
    _vouched(journey, admin)
    _administered(journey, admin)
    _failed(journey, browser)
    _recovered(journey, person)
    return journey


def _made_over_rest(journey: Journey, admin: User) -> User:
    """An account is made, read, given another password and another key."""
    keys, client = {"Authorization": services.reset_access_key(user=admin)}, new_client()
    journey.secrets |= {"key of the admin": keys["Authorization"], "first password": FIRST, "second password": SECOND}
    person = {"first_name": "New", "last_name": "Person", "email_address": "new@example.com", "active": True}
    body = {**person, "password": FIRST, "user_permissions": READER}
    pk = journey.call(client, "post", "/api/users", body, headers=keys).json()["Meta"]
    journey.secrets["access key"] = journey.call(client, "get", f"/api/users/{pk}", headers=keys).json()["access_key"]
    assert journey.call(client, "get", f"/api/users/{pk}", headers=keys).json()["access_key"] == ""
    given = {"new_password": SECOND}
    assert journey.call(client, "post", f"/api/users/{pk}/actions/reset", given, headers=keys).status_code == 200
    own = {"Authorization": f"Bearer {journey.secrets['access key']}"}
    assert journey.call(client, "get", f"/api/users/me?key={FOREIGN_KEY}", headers=own).status_code == 200
    journey.secrets["foreign access key"] = FOREIGN_KEY
    return User.objects.get(pk=pk)


def _logged_in(journey: Journey, person: User) -> Client:
    """They log in, set up a second factor, and log in with a recovery code."""
    browser = new_client()
    journey.call(browser, "post", "/login/", {"username": person.email, "password": WRONG})
    journey.call(browser, "post", "/login/", {"username": person.email, "password": SECOND})
    page = journey.call(browser, "get", "/two-factor/").content.decode()
    seed = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)
    assert seed
    journey.secrets["seed"] = seed[0].replace(" ", "")
    code = pyotp.TOTP(journey.secrets["seed"]).at(timezone.now())
    page = journey.call(browser, "post", "/two-factor/", {"code": code}).content.decode()
    codes = re.findall(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", page)
    journey.secrets["recovery code"] = codes[0]
    journey.call(browser, "post", "/logout/")
    journey.call(browser, "post", "/login/", {"username": person.email, "password": SECOND})
    assert journey.call(browser, "post", "/login/code/", {"code": codes[0]}).status_code == 302
    journey.secrets["session cookie"] = session_of(browser)
    page = journey.call(browser, "post", "/profile/access-key/").content.decode()
    journey.secrets["own access key"] = re.findall(r"\b[0-9a-f]{32}\b", page)[0]
    assert journey.call(browser, "get", "/profile/").status_code == 200
    return browser


def _recovered(journey: Journey, person: User) -> None:
    """They forget the password and take a link."""
    client = new_client()
    journey.call(client, "post", "/password/forgotten/", {"email": person.email})
    path, _, code = re.findall(r"https?://testserver(\S+)", str(mail.outbox[-1].body))[0].partition("#")
    journey.secrets |= {"code of a link": code, "third password": THIRD}
    journey.call(client, "get", path)
    given = {"code": code, "new_password1": THIRD, "new_password2": THIRD}
    assert journey.call(client, "post", path, given).status_code == 302
    assert journey.call(client, "post", path, given).status_code == 200  # it is over


def _vouched(journey: Journey, admin: User) -> None:
    """A broker gets a nonce for somebody, who comes in with it."""
    client, keys = new_client(), {"Authorization": journey.secrets["key of the admin"]}
    body = {"ForSection": "dashboard", "OrgID": admin.organisation_id, "EmailAddress": "visitor@example.com"}
    nonce = journey.call(client, "post", "/api/sso", body, headers=keys).json()["Meta"]
    journey.secrets["sso nonce"] = nonce
    assert journey.call(client, "get", f"/tap?nonce={quote(nonce)}").status_code == 302
    assert journey.call(client, "get", f"/tap?nonce={quote(nonce)}")["Location"].startswith("/sso/failed/")


def _administered(journey: Journey, admin: User) -> None:
    """Staff set up an identity provider; the operator makes an account."""
    staff, journey.secrets["client secret"] = new_client(), CLIENT_SECRET
    staff.force_login(admin)
    form = {
        "name": "Example", "slug": "example", "issuer": "https://id.example.com", "client_id": "weir",
        "secret": CLIENT_SECRET, "scopes": "openid", "email_claim": "email", "group_claim": "groups",
        "default_group": "", "is_active": "on", "mappings-TOTAL_FORMS": "0", "mappings-INITIAL_FORMS": "0",
    }  # fmt: skip
    added = journey.call(staff, "post", "/staff/sso/identityprovider/add/", form)
    assert added.status_code == 302
    journey.call(staff, "get", f"{added['Location']}")
    operator = new_client()
    journey.secrets["other admin secret"] = WRONG_ADMIN_SECRET
    body = {"email_address": "second@example.com", "org_id": "a" * 24, "active": True, "user_permissions": READER}
    assert (
        journey.call(operator, "post", "/admin/users", body, headers={"admin-auth": WRONG_ADMIN_SECRET}).status_code
        == 401
    )
    made = journey.call(operator, "post", "/admin/users", body, headers={"admin-auth": ADMIN_SECRET}).json()
    journey.secrets["access key by the operator"] = made["Message"]


def _failed(journey: Journey, browser: Client) -> None:
    """What is refused is written down too."""
    client, keys = new_client(), {"Authorization": journey.secrets["key of the admin"]}
    journey.call(client, "post", "/api/users", {"password": WRONG}, headers=keys)
    journey.call(client, "get", "/api/users", headers={"Authorization": FOREIGN_KEY})
    journey.call(client, "get", f"/api/no-such-path?access_key={FOREIGN_KEY}", headers=keys)
    journey.call(browser, "get", "/staff/")
    journey.call(client, "get", "/api/audit-logs?p=-1", headers=keys)
    journey.call(client, "get", "/api/audit-logs?download=true&type=csv", headers=keys)
    for name in ("/users/", "/groups/", "/audit/", "/audit/records/", "/profile/"):
        journey.call(browser, "get", name)


def forms(secret: str) -> set[str]:
    """Give the forms in which a secret could be written down."""
    raw = secret.encode()
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))  # as people read a seed
    return {secret, grouped, quote(secret), quote(secret, safe=""), base64.b64encode(raw).decode(), raw.hex()}


def places_of(text_of: dict[str, str], secrets: dict[str, str]) -> set[tuple[str, str]]:
    """Give each secret that stands somewhere, and where."""
    return {
        (name, place)
        for name, secret in secrets.items()
        for place, text in text_of.items()
        if any(form in text for form in forms(secret))
    }


def tables() -> dict[str, str]:
    """Give everything that is stored, table by table; a row as text has all of its columns."""
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT coalesce(string_agg(one::text, chr(10)), '') FROM \"{name}\" one")
            found[f"table {name}"] = cursor.fetchone()[0]
    return found


def test_secrets_that_went_in_are_found_nowhere(admin: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        journey = walked(admin)
    assert all(len(secret) >= 16 for secret in journey.secrets.values()), journey.secrets
    assert "/api/users" in caplog.text
    answers: dict[str, str] = {}
    for place, text in journey.answers:
        answers[place] = answers.get(place, "") + text
    stood = places_of({**tables(), "log": caplog.text, **answers}, journey.secrets)
    assert sorted(stood - MAY_STAND.keys()) == []
    assert sorted(MAY_STAND.keys() - stood) == [], "these exceptions are needed no longer"


def test_an_audit_file_has_no_secret(
    admin: User, settings: Settings, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    settings.AUDIT_STORE_TYPE, settings.AUDIT_PATH = "file", str(tmp_path / "audit.log")
    with django_capture_on_commit_callbacks(execute=True):
        journey = walked(admin)
    written = (tmp_path / "audit.log").read_text()
    assert "/api/users" in written
    assert places_of({"audit file": written}, journey.secrets) == set()


def test_the_search_finds_a_secret_in_every_kind_of_column(admin: User) -> None:
    UserFactory(organisation=admin.organisation, first_name=FIRST, user_permissions={SECOND: "read"})
    found = places_of(tables(), {"text": FIRST, "json": SECOND})
    assert found == {("text", "table users_user"), ("json", "table users_user")}
