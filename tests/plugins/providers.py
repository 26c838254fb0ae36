"""Identity providers that are saved in tests: only one that a test starts is asked to describe itself."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_provider_is_asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take whatever is saved for a provider, unless the test has a real one."""
    if "provider" not in request.fixturenames:
        monkeypatch.setattr("apps.sso.openid.discovery.problem_of", lambda _provider: "")
