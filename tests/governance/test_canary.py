"""Secrets that went in are found nowhere: no table, no log, no answer and no audit file has one in plain text.

Every way in that takes or gives a secret is walked, with detailed auditing on; then all that was stored, written and
answered is searched for each secret, in every form in which it could stand there.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from apps.users.models import User
from tests.factories import OrganisationFactory, UserFactory
from tests.governance.secret_walk import ADMIN_SECRET, FIRST, NODE_SECRET, SECOND, walk_every_way
from tests.sso.provider import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worker_at_hand", "keys_at_hand")]

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
    ("state", "answer of /sso/canary/"): "this is how a browser takes it to the provider",
    ("nonce", "answer of /sso/canary/"): "the same",
    ("state", "cookie of /sso/canary/"): "each sign-in is a cookie of its own, called by its state",
    ("state", "cookie of /sso/canary/callback/"): "the same, taken away again",
    ("recorded body", "table analytics_record"): "traffic is recorded where a gateway is told to",
    ("recorded body", "answer of /api/logs"): "this is where it is read",
}


@pytest.fixture
def admin(db: None, settings: Settings) -> User:
    """A super-admin of A, who is staff."""
    settings.ADMIN_SECRET, settings.NODE_SECRET = ADMIN_SECRET, NODE_SECRET
    settings.AUDIT_DETAILED_RECORDING = True
    organisation = OrganisationFactory(id="a" * 24, sso_enabled=True)
    return UserFactory(
        organisation=organisation, is_staff=True, user_permissions={"IsAdmin": "admin", "ResetPassword": "admin"}
    )


def forms(secret: str) -> set[str]:
    """Give the forms in which a secret could be written down."""
    raw = secret.encode()
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))  # as people read a seed
    return {secret, grouped, quote(secret), quote(secret, safe=""), *in_base64(raw), raw.hex()}


def in_base64(raw: bytes) -> Iterator[str]:
    """Give what stands in the Base64 of a text for a part of it, wherever in the text that begins."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield base64.b64encode(bytes(before) + raw).decode()[first:last]


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


def test_secrets_that_went_in_are_found_nowhere(
    admin: User, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        walk = walk_every_way(admin, provider)
    assert all(len(secret) >= 16 for secret in walk.secrets.values()), walk.secrets
    assert "/api/users" in caplog.text
    answers: dict[str, str] = {}
    for place, text in walk.answers:
        answers[place] = answers.get(place, "") + text
    stood = places_of({**tables(), "log": caplog.text, **answers}, walk.secrets)
    assert sorted(stood - MAY_STAND.keys()) == []
    assert sorted(MAY_STAND.keys() - stood) == [], "these exceptions are needed no longer"


def test_an_audit_file_has_no_secret(
    admin: User,
    provider: Provider,
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.AUDIT_STORE_TYPE, settings.AUDIT_PATH = "file", str(tmp_path / "audit.log")
    with django_capture_on_commit_callbacks(execute=True):
        walk = walk_every_way(admin, provider)
    written = (tmp_path / "audit.log").read_text()
    assert "/api/users" in written
    assert places_of({"audit file": written}, walk.secrets) == set()


def test_the_search_finds_a_secret_in_every_kind_of_column(admin: User) -> None:
    UserFactory(organisation=admin.organisation, first_name=FIRST, user_permissions={SECOND: "read"})
    found = places_of(tables(), {"text": FIRST, "json": SECOND})
    assert found == {("text", "table users_user"), ("json", "table users_user")}
