"""Settings that cannot work are told at start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.core.checks import check_settings
from config.env.server import INSECURE_SECRET_KEY


@pytest.fixture(autouse=True)
def sound(settings: Settings) -> None:
    settings.SECRET_KEY = "long random text"
    settings.DEBUG = False


def ids() -> list[str | None]:
    return [message.id for message in check_settings(None)]


def test_it_has_nothing_to_say_about_the_defaults() -> None:
    assert ids() == []


def test_everything_may_be_kept_for_ever(settings: Settings) -> None:
    settings.ANALYTICS_MINUTE_DAYS = settings.ANALYTICS_RAW_DAYS = settings.ANALYTICS_HOUR_MONTHS = None
    settings.ANALYTICS_DAY_YEARS = settings.OUTBOX_RETENTION_DAYS = settings.AUDIT_RETENTION_DAYS = None
    assert ids() == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"SECRET_KEY": INSECURE_SECRET_KEY}, "core.E001"),
        ({"PUMP_SLICE_RECORDS": 0}, "core.E002"),
        ({"PUMP_SLICE_BYTES": -1}, "core.E002"),
        ({"PUMP_PURGE_DELAY": 0}, "core.E002"),
        ({"PUMP_MAX_RECORD_SIZE": -1}, "core.E002"),
        ({"PAGE_SIZE": 0}, "core.E002"),
        ({"PUMP_GEO_IP_DB_PATH": "/nowhere/city.mmdb"}, "core.E003"),
        ({"PUMP_NORMALISE_CUSTOM_PATTERNS": ["("], "PUMP_NORMALISE_URLS": True}, "core.E004"),
        ({"ANALYTICS_MINUTE_DAYS": None}, "core.E005"),
        ({"ANALYTICS_RAW_DAYS": None}, "core.E005"),
        ({"ANALYTICS_RAW_DAYS": 63, "ANALYTICS_HOUR_MONTHS": 2}, "core.E005"),
        ({"PUMP_NORMALISE_CUSTOM_PATTERNS": ["x"], "PUMP_NORMALISE_URLS": False}, "core.W001"),
        ({"ANALYTICS_MINUTE_DAYS": 31, "ANALYTICS_RAW_DAYS": 30}, "core.E005"),
        ({"PUMP_RESPONSE_CODES": [200, 404], "PUMP_SKIP_RESPONSE_CODES": [404]}, "core.W002"),
    ],
)
def test_it_tells_what_cannot_work(settings: Settings, values: dict[str, Any], expected: str) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert ids() == [expected]
    (message,) = check_settings(None)
    assert message.hint


def test_the_default_secret_is_good_enough_for_trying_things_out(settings: Settings) -> None:
    settings.SECRET_KEY = INSECURE_SECRET_KEY
    settings.DEBUG = True
    assert ids() == []


def test_a_directory_is_no_geo_file(settings: Settings, tmp_path: Path) -> None:
    settings.PUMP_GEO_IP_DB_PATH = str(tmp_path)
    assert ids() == ["core.E003"]
