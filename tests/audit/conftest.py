"""What tests of the audit log share: records, and somebody who tampers with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.audit.chain import verify
from apps.audit.models import AuditRecord
from apps.audit.services import store_record
from apps.organisations.models import Organisation
from apps.users.models import UserGroup
from apps.users.services import create_group

TABLES = ("audit_auditrecord", "audit_auditchain")
A, B = "a" * 24, "b" * 24


def record(organisation: str = A, action: str = "Test", **fields: Any) -> AuditRecord:
    """Put a record into the log."""
    made = AuditRecord(**{"user": "alice@example.com", "method": "GET", "url": "/api/things", "status": 200, **fields})
    store_record(made, action=action, organisation=organisation, events=[], secrets=[])
    return made


def problem(organisation: str = A) -> str:
    """Give what is wrong with a chain first."""
    (verdict,) = verify(organisation)
    return verdict.problem


@pytest.fixture
def tamper() -> Callable[..., None]:
    """Run SQL as the owner of the database can who switches the triggers off."""

    def run(sql: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return run


@pytest.fixture
def readers(organisation_a: Organisation) -> UserGroup:
    """A group of A whose members read APIs."""
    group = UserGroup(organisation=organisation_a, name="Readers", user_permissions={"apis": "read"})
    return create_group(group)
