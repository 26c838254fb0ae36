"""REST endpoints of templates: ``/api/assets``. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis.api_templates.resources import API_TEMPLATES
from apps.apis.api_templates.serializers import KIND
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.viewsets import ResourceViewSet

UNREADABLE = (400, "error reading json body")


class ApiTemplateViewSet(ResourceViewSet):
    """Templates of the caller's organisation. Paths have internal ids or their own."""

    resource = API_TEMPLATES
    pagination_class = None
    done = {"create": "asset created", "update": "asset updated", "destroy": "Asset removed successfully"}
    missing = {"": (404, "Asset not found"), "destroy": (404, "asset not found")}
    malformed = unreadable = {"": UNREADABLE}

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Give the routes; an id may have slashes in it."""
        return [
            path("assets", cls.as_view({"get": "list", "post": "create"})),
            path("assets/<path:pk>", cls.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
        ]

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.named(sought)

    @extend_schema(parameters=[OpenApiParameter("kind", str, description=f"`{KIND}`, which is the only one.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give all of them."""
        kind = request.query_params.get("kind") or KIND
        if kind != KIND:
            raise ApplicationError(f"unsupported asset kind: '{kind}'", 400)
        return super().list(request, *args, **kwargs)

    def answer(self, row: Any, meta: Any = None) -> Response:
        """Answer that a write is done, with both ids of a template that is there, and the status word of assets."""
        ids = {} if self.action == "destroy" else {"meta": row.pk, "ID": row.template_id}
        said = {**ok(self.done[self.action], **ids), "Status": "success"}
        return Response(said, status.HTTP_201_CREATED if self.action == "create" else status.HTTP_200_OK)
