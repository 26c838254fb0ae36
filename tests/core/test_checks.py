"""Settings that cannot work are told at start."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("ANALYTIC_RAW_DAYS", "ANALYTICS_RAW_DAYS"), ("ALLOWED_HOST", "ALLOWED_HOSTS"), ("ADMIN_SECRETS", "ADMIN_SECRET")],
)
def test_it_warns_of_a_misspelt_variable(monkeypatch: pytest.MonkeyPatch, given: str, meant: str) -> None:
    monkeypatch.delenv(meant, raising=False)
    monkeypatch.setenv(given, "9")
    (message,) = check_settings(None)
    assert (message.id, message.hint) == ("core.W003", f"It is called {meant}.")
    assert given in message.msg


@pytest.mark.parametrize("name", ["SECRET_KEY_FILE", "WEIR_HOME", "REDIS_PORT", "PAGER", "DJANGO_SETTINGS_MODULE"])
def test_it_leaves_the_variables_of_others_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "9")
    assert ids() == []
