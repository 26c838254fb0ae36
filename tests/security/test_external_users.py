"""Whoever is signed in without account is told apart from everybody who has one in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.sso.identities import email_claim
from apps.sso.login_errors import LoginRefused
from apps.users.models import User, UserGroup

pytestmark = pytest.mark.django_db


def ask(admin: APIClient, organisation: Organisation, email: str, **more: Any) -> Any:
    body = {"ForSection": "dashboard", "OrgID": organisation.pk, "EmailAddress": email, **more}
    return admin.post("/admin/sso", body)


NO_EMAILS = [
    "admin",
    "system",
    "a@b",
    "alice@example.com, bob@example.com",
    "alice@exa\u2028mple.com",
    "external user alice@example.com",
    f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.example.com",
]


@pytest.mark.parametrize("email", NO_EMAILS)
def test_a_broker_names_an_email_address_or_none(admin: APIClient, organisation_a: Organisation, email: str) -> None:
    answer = ask(admin, organisation_a, email)
    assert answer.status_code == 400
    assert "is no e-mail address" in answer.json()["Message"]
    assert ask(admin, organisation_a, "", Email=email).status_code == 400
    assert ask(admin, organisation_a, "").status_code == 200


@pytest.mark.parametrize("email", NO_EMAILS)
def test_so_does_an_identity_provider(email: str) -> None:
    with pytest.raises(LoginRefused):
        email_claim([{"email": email}], "email", trusted=True)


def test_external_users_are_marked(admin: APIClient, organisation_a: Organisation, alice: User) -> None:
    readers = UserGroup.objects.create(organisation=organisation_a, name="R", user_permissions={"users": "read"})
    browser = Client()
    browser.get("/tap", {"nonce": ask(admin, organisation_a, alice.email, GroupID=readers.pk).json()["Meta"]})
    assert browser.get("/api/users").status_code == 200
    browser.post("/logout/")
    users = AuditRecord.objects.exclude(user="admin").values_list("user", flat=True)
    assert set(users) == {f"external user {alice.email}"}
    assert len(users) == 3


def test_the_longest_address_has_its_mark(admin: APIClient, organisation_a: Organisation) -> None:
    email = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 58}.example.com"
    assert len(email) > 250
    Client().get("/tap", {"nonce": ask(admin, organisation_a, email).json()["Meta"]})
    assert AuditRecord.objects.filter(user__startswith="external user aaa").count() == 1
