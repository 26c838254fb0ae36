"""REST endpoints of MCP proxies: documents with tools, resources and prompts. Answers as of dashboard 5.13.

They have a permission of their own and never stand in lists of APIs.
"""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis import services
from apps.apis.filters import SORTS
from apps.apis.models import Api
from apps.apis.oas.serializers import VersionQuery
from apps.apis.oas.validation import check_document
from apps.apis.oas.versioning import versions
from apps.apis.oas.viewsets.base import DOCUMENT, MADE, DocumentViewSet
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import user_of

NO_PROXY = "The API is not an MCP Proxy"
NOT_THERE = "MCP Proxy not found"
VERSIONS = inline_serializer(
    "McpVersions",
    {
        "apis": inline_serializer(
            "McpVersion", {"apiId": serializers.CharField(), "name": serializers.CharField()}, many=True
        ),
        "pages": serializers.IntegerField(),
    },
)


class NoProxy(ApplicationError):
    """The API is there and is none of MCP."""

    status = 400
    message = NO_PROXY


class McpViewSet(DocumentViewSet):
    """MCP proxies of the caller's organisation. Paths have internal or public ids."""

    kind = Api.Kind.MCP
    queryset = Api.objects.select_related("base", "organisation")
    permission_object = "mcp"
    pagination_class = paged("mcps")
    missing = {"": (404, NOT_THERE), "list_versions": (422, "is not recognised")}
    audit_actions = {"list": "List MCP Proxies", "retrieve": "Read MCP Proxy", "list_versions": "List MCP Versions"}

    def get_object(self) -> Any:
        """Give the proxy of the path. Raises ``NoProxy`` for an API of another kind that the caller sees."""
        others = Api.objects.visible_to(self.request.user).exclude(kind=self.kind)
        if "\0" not in self.kwargs["pk"] and others.named(self.kwargs["pk"]).exists():
            raise NoProxy
        return super().get_object()

    @extend_schema(
        summary="List MCP proxies",
        parameters=[
            OpenApiParameter("p", int, description="Page, from 1; 0 or less gives every item."),
            OpenApiParameter("q", str, description="Part of the name, path or upstream, or an id."),
            OpenApiParameter("sort", str, description=f"One of {', '.join(SORTS)}."),
            OpenApiParameter("category", str, description="Any of several categories, with commas between them."),
        ],
        responses=inline_serializer(
            "McpProxies",
            {"mcps": serializers.ListField(child=serializers.DictField()), "pages": serializers.IntegerField()},
        ),
    )
    def list(self, request: Request) -> Response:
        """Give the documents."""
        asked = request.query_params
        rows = self.get_queryset()
        if text := asked.get("q", "").replace("\0", ""):
            rows = rows.search(text)
        if names := [name.strip() for name in asked.get("category", "").split(",") if name.strip()]:
            rows = rows.filter(categories__overlap=names)
        page = self.paginate_queryset(rows.order_by(*SORTS.get(asked.get("sort", ""), ("-created_at", "pk"))))
        return self.get_paginated_response([api.document for api in page or ()])

    @extend_schema(summary="Make an MCP proxy", parameters=[VersionQuery], request=dict[str, Any], responses=MADE)
    def create(self, request: Request) -> Response:
        """Make a proxy; ``Meta`` and ``ID`` are its public id."""
        document, query = self.sent(), self.query(VersionQuery)
        check_document(document, self.kind)
        base = query.versions.base_api_id
        if base and not self.get_queryset().named(base).exists():
            raise ApplicationError("base_api_id must be an MCP Proxy")
        api = self.make(document, query)
        return Response(ok("MCP Proxy definition created", api.api_id, ID=api.api_id))

    @extend_schema(summary="Read an MCP proxy", responses=DOCUMENT)
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Give the document."""
        return self.answered(self.get_object().document)

    @extend_schema(
        summary="Replace an MCP proxy", parameters=[VersionQuery], request=dict[str, Any], responses=ENVELOPE
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace the document; categories and owners stay."""
        api = self.get_object()
        self.replace(api, self.sent(), self.query(VersionQuery))
        return Response(ok("API updated", api.api_id, ID=api.api_id))

    @extend_schema(summary="Delete an MCP proxy", responses=ENVELOPE)
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a proxy; its versions stand alone."""
        api = self.get_object()
        services.delete_api(api, actor=user_of(request))
        return Response(ok("API deleted", api.api_id, ID=api.api_id))

    @extend_schema(summary="List the versions of an MCP proxy", responses=VERSIONS)
    def list_versions(self, request: Request, pk: str) -> Response:
        """Give a base and its versions."""
        base = self.get_object()
        if base.base_id or not versions(base.document):
            raise ApplicationError(f"{pk} is not recognised", 422)
        children = self.get_queryset().filter(base=base).order_by("name", "pk")
        found = [{"apiId": api.api_id, "name": api.name} for api in (base, *children)]
        return Response({"apis": found, "pages": 1})
