"""The contract of ownership, tried on user groups that hang on the API their description names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from apps.users.querysets import UserGroupQuerySet
from apps.users.viewsets import UserGroupViewSet
from tests.contracts import OwnershipContract
from tests.factories import UserGroupFactory


class TestGroupsThatHangOnApis(OwnershipContract):
    """What two owners have of them."""

    viewset, factory = UserGroupViewSet, UserGroupFactory
    body, changes = {"name": "Team", "user_permissions": {"apis": "read"}}, {"name": "Crew"}
    form, form_changes = {"name": "Team", "password_max_days": "0", "user_permissions_apis": "read"}, {"name": "Crew"}
    pages, staff = "/groups/", "/staff/users/usergroup/"

    @pytest.fixture(autouse=True)
    def hanging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(UserGroupQuerySet, "api_lookup", "description")

    def about(self, api: Any) -> Mapping[str, Any]:
        return {"description": api.api_id}
