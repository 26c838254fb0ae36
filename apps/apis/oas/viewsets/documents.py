"""REST endpoints of APIs that are kept as OpenAPI documents. Answers as of dashboard 5.13.

Bodies and answers are the documents themselves, without a wrapper: JSON, or YAML where the content type says so.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis import services
from apps.apis.models import Api
from apps.apis.oas.extension import EXTENSION, Document, info, without_extension
from apps.apis.oas.importing import imported, patched, with_options
from apps.apis.oas.reading import InvalidDocument, UnreadableDocument, is_yaml, write_yaml
from apps.apis.oas.serializers import (
    ApiCategoriesSerializer,
    CreateQuery,
    ImportQuery,
    PatchQuery,
    PurgeQuery,
    VersionQuery,
)
from apps.apis.oas.validation import check_document, check_openapi
from apps.apis.oas.viewsets.base import DOCUMENT, MADE, NOT_FOUND, DocumentViewSet
from apps.apis.viewsets import BASE_HEADER, NO_DETAIL
from apps.core.envelope import ok
from apps.core.exceptions import MALFORMED
from apps.core.openapi import ENVELOPE
from apps.core.requests import user_of, validated_body
from apps.core.viewsets import TenantViewSet

MODE = OpenApiParameter("mode", str, description="`public` leaves the gateway's extension out.")
FORMAT = OpenApiParameter("Content-Type", str, location="header", description="`application/x-yaml` for YAML.")
NOT_PLAIN = "The import payload should not contain x-tyk-api-gateway"


class OasViewSet(DocumentViewSet):
    """APIs that are kept as OpenAPI documents with the gateway's extension `x-tyk-api-gateway`."""

    kind = Api.Kind.OAS
    queryset = Api.objects.select_related("base", "organisation")
    permission_object = "apis"
    missing = {
        "": NOT_FOUND,
        "retrieve": (400, NO_DETAIL),
        "export": (400, NO_DETAIL),
        "update": (404, "API definition does not exist"),
        "destroy": (404, NO_DETAIL),
    }
    audit_actions = {"retrieve": "Read API", "export": "Export API"}

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id; streams have their categories here, too."""
        kinds = [self.kind, Api.Kind.STREAMS] if "categor" in self.action else [self.kind]
        return rows.filter(kind__in=kinds).named(sought)

    def get_queryset(self) -> Any:
        """Give the APIs that the caller may see."""
        return TenantViewSet.get_queryset(self).filter(kind__in=[Api.Kind.OAS, Api.Kind.STREAMS])

    @extend_schema(
        summary="Make an API of a document", parameters=[CreateQuery], request=dict[str, Any], responses=MADE
    )
    def create(self, request: Request) -> Response:
        """Make an API; ``Meta`` is its internal id and ``ID`` its public one, which the document may give."""
        query = self.query(CreateQuery)
        document = self.templated(self.sent(), query.validated_data)
        check_document(document, self.kind)
        return self._made(self.make(document, query))

    @extend_schema(summary="Read the document of an API", parameters=[MODE, FORMAT], responses=DOCUMENT)
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """Give the document, and in a header what the API is a version of."""
        api = self.get_object()
        answer = self.answered(self._shown(api))
        if api.base:
            answer[BASE_HEADER] = api.base.api_id
        return answer

    @extend_schema(
        summary="Replace the document of an API",
        parameters=[VersionQuery],
        request=dict[str, Any],
        responses=ENVELOPE,
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace the document; categories and owners stay."""
        self.replace(self.get_object(), self.sent(), self.query(VersionQuery))
        return Response(ok("API updated"))

    @extend_schema(
        summary="Replace the OpenAPI part of a document",
        parameters=[PatchQuery],
        request=dict[str, Any],
        responses=ENVELOPE,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Take another OpenAPI document, as body, file or URL; the gateway's extension stays, but for what is asked."""
        api, query = self.get_object(), self.query(PatchQuery)
        document = self.plain("The payload should not contain x-tyk-api-gateway")
        self.replace(api, patched(api.document, document, query.options, self.gateway), query)
        return Response(ok("API updated"))

    @extend_schema(
        summary="Delete an API",
        parameters=[PurgeQuery],
        responses=ENVELOPE,
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an API, with its versions or without."""
        purges = self.query(PurgeQuery).validated_data["purge"]
        delete = services.purge_api if purges else services.delete_api
        delete(self.get_object(), actor=user_of(request))
        return Response(ok("API deleted"))

    @extend_schema(
        summary="Make an API of an OpenAPI document", parameters=[ImportQuery], request=dict[str, Any], responses=MADE
    )
    def import_document(self, request: Request) -> Response:
        """Take a plain OpenAPI document (body, file, ZIP of parts, or `url`) and give it an extension of its own."""
        query = self.query(ImportQuery)
        document = self.plain(NOT_PLAIN)
        return self._made(self.make(self._imported(document, query), query))

    @extend_schema(
        summary="Show what an import would make", parameters=[ImportQuery], request=dict[str, Any], responses=DOCUMENT
    )
    def dry_run(self, request: Request) -> HttpResponseBase:
        """Give the document that an import of `oas`, or that `tyk_oas` with the options, would become.

        Nothing is stored. Where both are sent, `tyk_oas` counts.
        """
        body, query = self.sent(), self.query(ImportQuery)
        given = body.get("tyk_oas") or body.get("oas")
        if not isinstance(given, dict):
            raise UnreadableDocument(f"{UnreadableDocument.message}: neither oas nor tyk_oas is an object")
        if body.get("tyk_oas"):
            given = self.templated(given, query.validated_data)
            check_document(given, self.kind)
            return self.answered(with_options(given, query.options))
        if EXTENSION in given:
            raise InvalidDocument(NOT_PLAIN)
        check_openapi(given)
        made = self._imported(given, query)
        check_document(made, self.kind)
        return self.answered(made)

    @extend_schema(summary="Download the document of an API", parameters=[MODE, FORMAT], responses={200: bytes})
    def export(self, request: Request, pk: str) -> HttpResponse:
        """Give the document as a file, in JSON or YAML."""
        api = self.get_object()
        return self._attached(self._shown(api), f"oas-{api.api_id}")

    @extend_schema(
        operation_id="apis_oas_export_all",
        summary="Download the documents of all APIs",
        parameters=[MODE, FORMAT],
        responses={200: bytes},
    )
    def export_all(self, request: Request) -> HttpResponse:
        """Give the documents of all APIs that the caller sees as one file with a list."""
        found = self.get_queryset().filter(kind=self.kind).order_by("created_at", "pk")
        return self._attached([self._shown(api) for api in found], "oas")

    @extend_schema(summary="Read the categories of an API", responses=ApiCategoriesSerializer)
    def categories(self, request: Request, pk: str) -> Response:
        """Give the categories."""
        return Response({"categories": self.get_object().categories})

    @extend_schema(summary="Replace the categories of an API", request=ApiCategoriesSerializer, responses=ENVELOPE)
    def set_categories(self, request: Request, pk: str) -> Response:
        """Replace the categories; blanks and repetitions are left out."""
        api, refusal = self.get_object(), (400, MALFORMED)
        sent = validated_body(
            request, ApiCategoriesSerializer, refusal, empty=refusal, unreadable=refusal
        ).validated_data
        stripped = (name.strip() for name in sent["categories"] or ())
        names = list(dict.fromkeys(name for name in stripped if name))
        services.change_api(api, {"categories": names}, actor=user_of(request))
        return Response(ok("API categories updated"))

    def _made(self, api: Api) -> Response:
        return Response(ok("API created", api.pk, ID=api.api_id))

    def _imported(self, document: Document, query: ImportQuery) -> Document:
        templated = self.templated(document, query.validated_data)
        made = imported(templated, query.options, self.gateway)
        api_id = query.validated_data["apiID"]
        told = {"info": {**info(made), "id": api_id}} if api_id else {}
        return {**made, EXTENSION: {**made[EXTENSION], **told}}

    def _shown(self, api: Api) -> Document:
        document: Document = api.document or {}
        return without_extension(document) if self.request.query_params.get("mode") == "public" else document

    def _attached(self, document: Any, name: str) -> HttpResponse:
        """Answer with a file; its form is asked for by header, or by query as guides have it."""
        asked = self.request.query_params.get("Content-Type") or self.request.content_type or ""
        is_json = not is_yaml(asked)
        text = json.dumps(document, ensure_ascii=False, indent=2) if is_json else write_yaml(document)
        disposition = content_disposition_header(True, f"{name}.{'json' if is_json else 'yaml'}") or "attachment"
        headers = {"Content-Disposition": disposition}
        return HttpResponse(text, content_type="application/octet-stream", headers=headers)
