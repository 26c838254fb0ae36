"""What the tests of organisations share: an organisation with everything."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def whole() -> dict[str, Any]:
    """Every documented field with a value, and some that are not documented."""
    return {
        "owner_name": " Gamma  Ltd ",
        "owner_slug": "gamma",
        "cname": "portal.gamma.example",
        "cname_enabled": True,
        "apis": [
            {"api_human_name": "Zebra", "api_id": "b" * 32},
            {"api_human_name": "Élan", "api_id": "team/é", "more": 1},
        ],
        "developer_quota": 2**62,
        "developer_count": 7,
        "event_options": {
            "key_event": {"webhook": "https://hooks.example/é", "email": "ops@gamma.example", "redis": True},
            "hashed_key_event": {"webhook": "", "email": "", "redis": False, "other": [1, None]},
        },
        "hybrid_enabled": True,
        "sso_enabled": True,
        "org_options_meta": {"z": {"y": [1, 2.5, "x", None, True]}, "a": 1},
        "additional_permissions": {"api_developer": "API Developer", "aa": ""},
        "open_policy": {"enabled": True, "rules": 'package dashboard_users\ndefault request_intent = "read"\n'},
        "ui": {"languages": {}, "hide_help": True, "labs": {"streaming": {}}, "trial": {"end_date": "", "n": 1e21}},
        "future": {"kept": ["as", "it", "came"]},
        "nothing": None,
        "extra": "is a name like any other",
    }
