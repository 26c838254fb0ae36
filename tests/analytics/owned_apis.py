"""People who are limited to the APIs that they own, and the APIs: some owned, some free, some of nobody known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.analytics.factories import Request, RequestFactory, store_traffic
from tests.factories import UserFactory

OWNED, FREE, TAKEN, UNKNOWN = "owned", "free", "taken", "unknown"
#: What the figures of others are recognised by, wherever they should not be.
OTHERS = (TAKEN, UNKNOWN, "Taken", "Unknown", "other-key", "other-alias", "/other", "other-client", "other-tag")
LIMITED = {"analytics": "read", "owned_analytics": "read", "log": "read"}


@dataclass(frozen=True)
class OwnedApis:
    """An organisation with three APIs, and somebody who owns one and so may see two."""

    organisation: Organisation
    owner: User
    now: datetime

    @classmethod
    def made(cls, organisation: Organisation, now: datetime) -> OwnedApis:
        """Make the people and the APIs; no traffic yet."""
        owner, other = (UserFactory(organisation=organisation, user_permissions=LIMITED) for _ in range(2))
        for api_id, owners in ((OWNED, [owner]), (FREE, []), (TAKEN, [other])):
            api = Api.objects.create(organisation=organisation, api_id=api_id, name=api_id.title())
            set_owners(api=api, users=owners)
        return cls(organisation, owner, now)

    def store_visible_traffic(self) -> None:
        """Store traffic of the APIs that the owner may see."""
        for api in (OWNED, FREE):
            self._store(api_id=api, api_name=api.title(), key=f"key-{api}", alias="shop", path=f"/{api}", tags=["eu"])

    def store_hidden_traffic(self) -> None:
        """Store more traffic, of an API that somebody else owns, and of one that has no row."""
        for api in (TAKEN, UNKNOWN):
            self._store(
                api_id=api, api_name=api.title(), key="other-key", alias="other-alias", path="/other",
                oauth_client="other-client", country="FR", tags=["other-tag"], latency=9_000, statuses=(200, 418, 500),
            )  # fmt: skip

    def _store(self, statuses: tuple[int, ...] = (200, 404, 503), **fields: Any) -> None:
        yesterday = self.now - timedelta(days=1)
        for at, stage in ((self.now - timedelta(minutes=3), "minutes"), (yesterday, "days")):
            requests: list[Request] = [
                RequestFactory(**{"oauth_client": "client", "country": "DE", **fields}, timestamp=at, status=status)
                for status in statuses
            ]
            store_traffic(requests, stage)
