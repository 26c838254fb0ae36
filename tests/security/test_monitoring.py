"""``/metrics`` and ``/ready`` may be closed by a token."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/metrics", "/ready"])
def test_whoever_has_no_token_is_told_nothing(settings: Settings, path: str) -> None:
    assert Client().get(path).status_code != 401
    settings.MONITORING_TOKEN = "t0ken"
    for given in ("", "t0ken", "Bearer", "Bearer ", "Bearer t0ke", "Bearer t0ken2", "Basic t0ken", "Bearer tök"):
        refused = Client().get(path, headers={"Authorization": given})
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer"), given
        assert b"weir_" not in refused.content
    assert Client().get(path, headers={"Authorization": "Bearer t0ken"}).status_code != 401
    assert Client().get("/health").status_code == 200
