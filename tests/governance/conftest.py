"""What the canary signs in with, and how often strangers may ask."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.sso.conftest import no_nonces, provider  # noqa: F401  (fixtures)


@pytest.fixture(autouse=True)
def nobody_is_throttled(settings: Settings) -> None:
    """Let keys of accounts that are not active be tried at every route."""
    settings.LOGIN_FAILURE_IP_LIMIT = settings.LOGIN_FAILURE_USERNAME_LIMIT = 0
