"""REST endpoints of Streams: documents with the extension `x-tyk-streaming` too. Answers as of dashboard 5.13.

Bodies come as `application/vnd.tyk.streams.oas`; answers are JSON, as clients want it.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis import services
from apps.apis.models import Api
from apps.apis.oas.importing import with_options
from apps.apis.oas.serializers import PurgeQuery, StreamsPatchQuery, VersionQuery
from apps.apis.oas.validation import check_document
from apps.apis.oas.viewsets.base import DOCUMENT, MADE, NOT_FOUND, DocumentViewSet
from apps.apis.viewsets import BASE_HEADER, NO_DETAIL
from apps.core.envelope import ok
from apps.core.openapi import ENVELOPE
from apps.core.requests import user_of

MEDIA_TYPE = "application/vnd.tyk.streams.oas"
REQUEST = {MEDIA_TYPE: dict[str, Any]}


class StreamsViewSet(DocumentViewSet):
    """Streams. Their categories are at `/api/apis/oas/{id}/categories`."""

    kind = Api.Kind.STREAMS
    queryset = Api.objects.select_related("base", "organisation")
    permission_object = "apis"
    missing = {
        "": NOT_FOUND,
        "retrieve": (400, NO_DETAIL),
        "update": (404, "API definition does not exist"),
        "destroy": (404, NO_DETAIL),
    }
    audit_actions = {"retrieve": "Read API"}

    @extend_schema(summary="Make streams of a document", parameters=[VersionQuery], request=REQUEST, responses=MADE)
    def create(self, request: Request) -> Response:
        """Make an API; ``Meta`` is its internal id and ``ID`` its public one, which the document may give."""
        document = self.sent()
        check_document(document, self.kind)
        api = self.make(document, self.query(VersionQuery))
        return Response(ok("API created", api.pk, ID=api.api_id))

    @extend_schema(summary="Read the document of streams", responses=DOCUMENT)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Give the document, and in a header what the API is a version of."""
        api = self.get_object()
        return Response(api.document, headers={BASE_HEADER: api.base.api_id} if api.base else {})

    @extend_schema(
        summary="Replace the document of streams", parameters=[VersionQuery], request=REQUEST, responses=ENVELOPE
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace the document; categories and owners stay."""
        self.replace(self.get_object(), self.sent(), self.query(VersionQuery))
        return Response(ok("API updated"))

    @extend_schema(
        summary="Replace the document of streams, with options",
        parameters=[StreamsPatchQuery],
        request=REQUEST,
        responses=ENVELOPE,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Take a document with both extensions, as body or file, and change in it what is asked."""
        api, query, document = self.get_object(), self.query(StreamsPatchQuery), self.sent()
        check_document(document, self.kind)
        self.replace(api, with_options(document, query.options), query)
        return Response(ok("API updated"))

    @extend_schema(summary="Delete streams", parameters=[PurgeQuery], responses=ENVELOPE)
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an API, with its versions or without."""
        purges = self.query(PurgeQuery).validated_data["purge"]
        delete = services.purge_api if purges else services.delete_api
        delete(self.get_object(), actor=user_of(request))
        return Response(ok("API deleted"))
