"""REST endpoints of APIs: who owns them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis import services
from apps.apis.models import Api
from apps.apis.serializers import AccessSerializer
from apps.core.envelope import ok
from apps.core.openapi import ENVELOPE
from apps.core.requests import validated_body
from apps.core.viewsets import TenantViewSet

#: Status and wording are the documented ones, the noun too.
NOT_UNMARSHALLED = (500, "failed to unmarshal categories payload")


class AccessViewSet(TenantViewSet):
    """The owners of an API of any kind. The path has its internal or its public id (dashboard, 5.13)."""

    queryset = Api.objects.all()
    serializer_class = AccessSerializer
    permission_object = "apis"
    missing = {"": (404, "API not found")}
    audit_actions = {"retrieve": "Read API Access", "update": "Update API Access"}

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.named(sought)

    @extend_schema(summary="Read who owns an API", responses=AccessSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Give the ids of its owners."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(summary="Replace the owners of an API", request=AccessSerializer, responses=ENVELOPE)
    def update(self, request: Request, pk: str) -> Response:
        """Replace both lists."""
        api = self.get_object()
        sent = validated_body(request, AccessSerializer, NOT_UNMARSHALLED, unreadable=NOT_UNMARSHALLED).validated_data
        owners = {name: sent.get(name) or [] for name in ("userIds", "userGroupIds")}
        services.set_owner_ids(api=api, user_ids=owners["userIds"], group_ids=owners["userGroupIds"])
        return Response(ok("API access updated"))
