"""The database that tests share: its tables, its partitions, and how it is emptied."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import TransactionTestCase
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from apps.analytics import partitions
from apps.core import deadlines
from apps.users.services import access_keys

# A test with transactions of its own fills a handful of the tables, and each one that is emptied costs new files. What
# Django itself filled after the migrations stays, so it need not be filled again.
EMPTY = """
DO $$
DECLARE
    candidate text;
    has_rows boolean;
    filled text[];
BEGIN
    FOR candidate IN
        SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()
        AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', candidate) INTO has_rows;
        IF has_rows THEN filled := filled || candidate; END IF;
    END LOOP;
    IF filled IS NOT NULL THEN EXECUTE format('TRUNCATE %s CASCADE', array_to_string(filled, ', ')); END IF;
END
$$
"""
# Threads of a test may outlive it, and a database that somebody is connected to cannot be dropped.
OTHER_SESSIONS_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TRUNCATION_TRIGGERS = {
    "audit_auditrecord": "audit_records_are_not_emptied",
    "audit_auditchain": "audit_chains_are_not_emptied",
}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make partitions once, let the audit log be emptied, and empty the tables quickly after a test that commits."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        partitions.maintain()
        for table, trigger in TRUNCATION_TRIGGERS.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(OTHER_SESSIONS_END)


@pytest.fixture
def month_border(db: None) -> None:
    """Keep single requests of the first day of this month, and of the day before it."""
    first = datetime.now(UTC).date().replace(day=1)
    for day in (first - timedelta(days=1), first):
        partitions._create(partitions.RECORDS, day)


def empty(_test: TransactionTestCase) -> None:
    """Empty all tables that have rows; takes the place of Django's flush."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


@pytest.fixture
def keys_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep new access keys at once: a test's own transaction is never committed."""
    monkeypatch.setattr(access_keys, "on_commit", lambda keep: keep())


@pytest.fixture
def silent_redis(settings: Settings) -> Iterator[None]:
    """Weir's own Redis takes connections and answers nothing."""
    known = settings.REDIS_URL
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield
        settings.REDIS_URL = known  # for whoever tidies up


class _NoThread:
    """What is called where it is started."""

    def __init__(self, target: Callable[..., object], args: tuple[object, ...], **_: object) -> None:
        self.start = partial(target, *args)


@pytest.fixture
def checks_in_this_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ``/ready`` and ``/metrics`` see what the test has not committed, without deadlines."""
    monkeypatch.setattr(deadlines, "Thread", _NoThread)
    monkeypatch.setattr(deadlines, "connections", SimpleNamespace(close_all=lambda: None))
