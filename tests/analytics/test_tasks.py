"""What happens by the clock while PostgreSQL is away: it is told, and left for the next round."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection

from apps.analytics import partitions, rollup, tasks


@pytest.mark.parametrize("task", [tasks.fold, tasks.roll_up, tasks.maintain_partitions])
def test_a_database_that_is_away_is_logged_and_not_raised(
    task: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(rollup, "fold", away)
    monkeypatch.setattr(partitions, "maintain", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    task()
    assert "Left for the next round: the database system is shutting down" in caplog.text
