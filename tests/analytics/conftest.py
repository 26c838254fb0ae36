"""Tests of traffic: a database whose partitions are made, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time it is for the queries: half past twelve today (UTC), and it stays so."""
    moment = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)
    monkeypatch.setattr("apps.analytics.queries.granularity.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def reads() -> Callable[[int], AbstractContextManager[None]]:
    """Expect a number of statements that read traffic; what bounds and plans them is not counted."""

    @contextmanager
    def expect(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        statements = [one["sql"] for one in captured.captured_queries if "analytics_" in one["sql"]]
        assert len(statements) == number, "\n\n".join(statements)

    return expect
