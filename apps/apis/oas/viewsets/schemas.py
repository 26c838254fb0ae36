"""REST endpoints of the JSON schemas of documents. Answers as of gateway and dashboard 5.13."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from apps.apis.oas.schemas import VERSIONS, document_schema
from apps.core.exceptions import ApplicationError
from apps.core.viewsets import AdmissionMixin

VERSION = OpenApiParameter("oasVersion", str, enum=list(VERSIONS), description="Of OpenAPI; 3.0 when it is left out.")
MCP_VERSION = OpenApiParameter("mcpVersion", str, enum=list(VERSIONS), description="3.0 when it is left out.")
PRETTY = OpenApiParameter("pretty", bool, description="Written in lines.")
SCHEMA: dict[int, Any] = {200: dict[str, Any]}


class UnknownSchema(ApplicationError):
    """There is no schema of this version. Status and text are the documented ones."""

    status = 500
    message = "Could not retrieve schema. schema not found for version"


class SchemaViewSet(AdmissionMixin, ViewSet):
    """What documents may say, as JSON schemas."""

    permission_object = "apis"

    @extend_schema(summary="Read the schema of an OpenAPI document", parameters=[VERSION, PRETTY], responses=SCHEMA)
    def oas(self, request: Request) -> HttpResponse:
        """Give the schema of a document with the gateway's extension."""
        return self._told({"schema": self._schema("oas", "oasVersion")})

    @extend_schema(summary="Read the schema of streams", parameters=[VERSION, PRETTY], responses=SCHEMA)
    def streams(self, request: Request) -> HttpResponse:
        """Give the schema of a document with both extensions."""
        return self._told({"schema": self._schema("streams", "oasVersion")})

    @extend_schema(summary="Read the schemas of documents", parameters=[VERSION, PRETTY], responses=SCHEMA)
    def every(self, request: Request) -> HttpResponse:
        """Give both."""
        found = {"oas": self._schema("oas", "oasVersion"), "streamsOAS": self._schema("streams", "oasVersion")}
        return self._told({"schemas": found})

    @extend_schema(summary="Read the schema of an MCP proxy", parameters=[MCP_VERSION, PRETTY], responses=SCHEMA)
    def mcp(self, request: Request) -> HttpResponse:
        """Give the schema itself, without anything around it."""
        return self._written(self._schema("mcp", "mcpVersion"))

    def _schema(self, kind: str, parameter: str) -> dict[str, Any]:
        version = ".".join(self.request.query_params.get(parameter, VERSIONS[0]).split(".")[:2])
        if version not in VERSIONS:
            raise UnknownSchema
        return document_schema(version, kind)

    def _told(self, told: dict[str, Any]) -> HttpResponse:
        return self._written({"status": "Success", "message": "", **told})

    def _written(self, answer: dict[str, Any]) -> HttpResponse:
        is_pretty = self.request.query_params.get("pretty", "").lower() in {"1", "true"}
        text = json.dumps(answer, indent=2 if is_pretty else None, ensure_ascii=False)
        return HttpResponse(text, content_type="application/json; charset=utf-8")
