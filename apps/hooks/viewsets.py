"""REST endpoints of webhooks: ``/api/hooks``. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from apps.core.envelope import ok
from apps.core.pagination import paged
from apps.core.viewsets import ResourceViewSet
from apps.hooks.resources import WEBHOOKS

NO_DETAIL = "Could not retrieve webhook detail"
INVALID = (400, "Webhook object validation failed")


class WebhookViewSet(ResourceViewSet):
    """Webhooks of the caller's organisation. A change replaces the whole webhook."""

    resource = WEBHOOKS
    pagination_class = paged("hooks")
    done = {"update": "Hook updated"}
    malformed = {"": INVALID}
    missing = {"retrieve": (400, NO_DETAIL), "update": (400, "Webhook not found"), "": (404, NO_DETAIL)}
    operations = {"create": "Make a webhook\nThe answer does not tell its id: read the list."}

    def answer(self, row: Any, meta: Any = None) -> Response:
        """Answer that a write is done, without an id."""
        return Response(ok(self.done[self.action]))
