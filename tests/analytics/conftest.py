"""Tests of traffic: a database whose partitions are made, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_django.plugin import DjangoDbBlocker

from apps.analytics import partitions


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the partitions of the test database once."""
    with django_db_blocker.unblock():
        partitions.maintain()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time it is for the queries: half past twelve today (UTC), and it stays so."""
    moment = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)
    monkeypatch.setattr("apps.analytics.queries.levels.timezone.now", lambda: moment)
    return moment
