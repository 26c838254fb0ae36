"""What is done to users and groups is in the audit log, with what changed and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.core.redis import own_redis
from apps.users import services
from apps.users.models import AccessKey, User, UserGroup

pytestmark = pytest.mark.django_db(transaction=True)

Rest = Callable[..., APIClient]
ERIN = {
    "first_name": "Erin",
    "last_name": "Doe",
    "email_address": "erin@example.com",
    "active": True,
    "user_permissions": {"apis": "read"},
    "password": "a secret of hers",
}


def last() -> tuple[str, str, str, int]:
    """Give action, subject, caller and status of the newest record."""
    record = AuditRecord.objects.order_by("-sequence").first()
    assert record
    return record.action, f"{record.kind}/{record.subject}", record.user, record.status


def diff() -> dict[str, Any]:
    """Give the diff of the newest record's one subject."""
    record = AuditRecord.objects.order_by("-sequence").first()
    assert record
    (fields,) = json.loads(record.diff).values()
    found: dict[str, Any] = fields
    return found


def test_every_write_to_a_user_is_told(rest: Rest, founder: User, readers: UserGroup) -> None:
    client, who = rest(founder), founder.email
    pk = client.post("/api/users", ERIN).json()["Meta"]
    assert last() == ("Create User", f"user/{pk}", who, 200)
    assert diff()["user_permissions"] == [None, {"apis": "read"}]
    client.put(f"/api/users/{pk}", {"group_id": readers.pk, "first_name": "Erin"})
    assert last() == ("Update User", f"user/{pk}", who, 200)
    assert diff() == {"group_id": ["", readers.pk]}
    client.post(f"/api/users/{pk}/actions/reset", {"new_password": "another secret"})
    assert last() == ("Reset Password", f"user/{pk}", who, 200)
    client.put(f"/api/users/{pk}/actions/key/reset")
    assert last() == ("Reset Access Key", f"user/{pk}", who, 200)
    client.put(f"/api/users/{pk}/actions/revoke")
    assert last() == ("Revoke User", f"user/{pk}", who, 200)
    assert diff() == {"active": [True, False]}
    client.delete(f"/api/users/{pk}")
    assert last() == ("Delete User", f"user/{pk}", who, 200)
    assert diff()["email_address"] == ["erin@example.com", None]


def test_every_write_to_a_group_is_told(rest: Rest, alice: User) -> None:
    client = rest(alice)
    pk = client.post("/api/usergroups", {"name": "Team", "user_permissions": {"apis": "read"}}).json()["Meta"]
    assert last() == ("Create User Group", f"user group/{pk}", alice.email, 200)
    client.put(f"/api/usergroups/{pk}", {"name": "Team", "user_permissions": {"apis": "write"}})
    assert last() == ("Update User Group", f"user group/{pk}", alice.email, 200)
    assert diff() == {"user_permissions.apis": ["read", "write"]}
    client.delete(f"/api/usergroups/{pk}")
    assert last() == ("Delete User Group", f"user group/{pk}", alice.email, 200)


def test_what_was_refused_is_told_without_a_diff(rest: Rest, alice: User, bob: User) -> None:
    rest(alice).put(f"/api/users/{bob.pk}", {"user_permissions": {"IsAdmin": "admin"}})
    record = AuditRecord.objects.order_by("-sequence").first()
    assert record
    assert (record.status, record.diff) == (403, "")


def test_no_secret_is_in_it(rest: Rest, admin: APIClient, founder: User, settings: Settings) -> None:
    settings.AUDIT_DETAILED_RECORDING = True
    client = rest(founder)
    pk = client.post("/api/users", ERIN).json()["Meta"]
    key = client.get(f"/api/users/{pk}").json()["access_key"]
    told = admin.post("/admin/users", {"email_address": "f@example.com", "org_id": founder.organisation_id}).json()
    admin.put(f"/admin/users/{pk}", {"password": "a new secret", "access_key": "0123456789abcdef" * 2})
    everything = str(list(AuditRecord.objects.values()))
    assert "erin@example.com" in everything
    for secret in (key, told["Message"], "a secret of hers", "a new secret", "0123456789abcdef" * 2, "argon2", "md5$"):
        assert secret not in everything


def test_what_is_kept_of_a_key_is_its_digest(rest: Rest, founder: User) -> None:
    client = rest(founder)
    pk = client.post("/api/users", ERIN).json()["Meta"]
    key = services.show_once_take(user=User.objects.get(pk=pk))
    assert key
    assert key not in str(list(AccessKey.objects.values()))
    assert not [place for place in own_redis().scan_iter("*") if key.encode() in place]
