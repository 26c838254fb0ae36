"""What programs send for policies, and what they read in the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.test import APIClient

from tests.contracts import error

Rest = Callable[..., APIClient]
PATH = "/api/portal/policies"
SECRET = "secret of the operator"
#: What pages and the staff site send.
FORM = {"name": "Gold", "policy_id": "", "state": "active", "rate": "1000", "per": "60", "access_rights": "{}"}


def right(api_id: str, **more: Any) -> dict[str, Any]:
    return {api_id: {"api_id": api_id, "api_name": api_id.title(), "versions": ["Default"], **more}}


def gold(**more: Any) -> dict[str, Any]:
    """A policy as the sync tool sends it."""
    return {
        "_id": "4c8c7ad7ac28bdcff1c7fc1a",
        "id": "gold",
        "name": "Gold",
        "rate": 1000,
        "per": 60,
        "quota_max": -1,
        "quota_renewal_rate": 3600,
        "throttle_interval": -1,
        "throttle_retry_limit": -1,
        "max_query_depth": -1,
        "access_rights": right("orders", allowed_urls=[], restricted_types=None, limit=None, allowance_scope=""),
        "hmac_enabled": False,
        "active": True,
        "is_inactive": False,
        "date_created": "2026-11-21T12:00:00Z",
        "tags": ["plan-gold"],
        "key_expires_in": 0,
        "partitions": dict.fromkeys(("quota", "rate_limit", "complexity", "acl", "per_api"), False),
        "meta_data": {},
        **more,
    }


def make(client: APIClient, body: Mapping[str, Any]) -> str:
    """Make a policy; gives its database id."""
    answer = client.post(PATH, body)
    assert answer.status_code == 200, answer.content
    pk: str = answer.json()["Message"]
    return pk


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [policy["id"] for policy in answer.json()["Data"]]


def operator() -> APIClient:
    """Somebody with the admin secret."""
    return APIClient(headers={"admin-auth": SECRET})
