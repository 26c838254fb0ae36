"""The schedule and the broker: what happens by the clock, and that the broker can be reached."""

from __future__ import annotations

import logging

from django.conf import settings

from config import celery_app


def test_it_schedules_the_pump_and_the_upkeep_of_traffic() -> None:
    schedule = {entry["task"]: entry for entry in celery_app.conf.beat_schedule.values()}
    assert set(schedule) >= {"pump.drain", "analytics.fold", "analytics.roll_up", "analytics.maintain_partitions"}
    assert schedule["pump.drain"]["schedule"] == settings.PUMP_PURGE_DELAY
    assert schedule["pump.drain"]["options"] == {"queue": "pump", "expires": settings.PUMP_PURGE_DELAY}


def test_every_scheduled_message_expires_before_the_next() -> None:
    for entry in celery_app.conf.beat_schedule.values():
        period = entry["schedule"] if isinstance(entry["schedule"], float) else 3600
        assert 0 < entry["options"]["expires"] <= period


def test_every_scheduled_task_exists() -> None:
    celery_app.loader.import_default_modules()
    missing = {entry["task"] for entry in celery_app.conf.beat_schedule.values()} - set(celery_app.tasks)
    assert not missing


def test_it_reaches_the_broker() -> None:
    with celery_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=5)
        assert connection.connected


def test_it_leaves_logging_to_the_settings() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    celery_app.log.setup(loglevel=logging.CRITICAL)
    assert (root.level, root.handlers) == before
