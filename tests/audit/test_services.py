"""Events that services record outside of requests."""

from __future__ import annotations

import pytest

from apps.audit import services
from apps.audit.models import AuditRecord

pytestmark = pytest.mark.django_db


def test_it_writes_a_record_at_once_outside_of_a_request() -> None:
    services.record_event(
        action="Update User",
        kind="user",
        id="5" * 24,
        organisation="a" * 24,
        before={"email": "a@example.com", "password": "old", "active": True},
        after={"email": "b@example.com", "password": "new", "active": True},
    )
    record = AuditRecord.objects.get()
    assert (record.user, record.method, record.url, record.action) == ("system", "", "", "Update User")
    assert (record.organisation, record.kind, record.subject) == ("a" * 24, "user", "5" * 24)
    changes = {"email": ["a@example.com", "b@example.com"], "password": ["…", "…"]}
    assert record.changes == {f"user/{'5' * 24}": changes}
