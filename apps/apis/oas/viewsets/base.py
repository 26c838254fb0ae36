"""What the REST endpoints of APIs have in common that are kept as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from apps.apis.api_templates.services import with_template
from apps.apis.models import Api
from apps.apis.oas.extension import EXTENSION, STREAMS_EXTENSION, Document, info
from apps.apis.oas.reading import InvalidDocument, UnreadableDocument, is_yaml, write_yaml
from apps.apis.oas.serializers import ApiCategoriesSerializer, VersionQuery
from apps.apis.oas.services import change_document, create_from_document
from apps.apis.oas.uploads import DocumentParser, fetched
from apps.apis.oas.validation import check_openapi
from apps.apis.viewsets import OtherId
from apps.core.exceptions import Refusal
from apps.core.requests import user_of
from apps.core.viewsets import TenantViewSet
from apps.organisations.models import Organisation

S = TypeVar("S", bound=serializers.Serializer[Any])

NOT_FOUND: Refusal = (404, "API not found")
DOCUMENT: dict[int, Any] = {200: dict[str, Any]}
MADE = inline_serializer(
    "NewDocumentApi", {name: serializers.CharField() for name in ("Status", "Message", "Meta", "ID")}
)


class DocumentViewSet(TenantViewSet):
    """What APIs of every kind have that is kept as documents. Paths have internal or public ids."""

    kind: ClassVar[str]
    serializer_class = ApiCategoriesSerializer
    parser_classes = [DocumentParser]

    def get_queryset(self) -> Any:
        """Give the APIs of this kind that the caller may see."""
        return super().get_queryset().filter(kind=self.kind)

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.filter(kind=self.kind).named(sought)

    def query(self, shape: type[S]) -> S:
        """Give the query in a shape. Raises ``ValidationError``: 400 with the name of the parameter."""
        read = shape(data={name: value for name, value in self.request.query_params.items() if value != ""})
        read.is_valid(raise_exception=True)
        return read

    def sent(self) -> Document:
        """Give the document of the body. Raises ``UnreadableDocument``."""
        if not self.request.body:
            raise UnreadableDocument
        return cast("Document", self.request.data)

    def plain(self, refusal: str) -> Document:
        """Give a valid OpenAPI document without extension, out of the body or from where that says it lies."""
        document = fetched(self.sent())
        if {EXTENSION, STREAMS_EXTENSION} & document.keys():
            raise InvalidDocument(refusal)
        check_openapi(document)
        return document

    @property
    def gateway(self) -> str:
        """The gateway's address, without final slash."""
        return settings.GATEWAY_URL.rstrip("/")

    def organisation_of(self, document: Document) -> Organisation:
        """Give the caller's organisation; a super user says in the document whose the API is."""
        own = user_of(self.request).organisation
        found = own or Organisation.objects.filter(pk=str(info(document).get("orgId", ""))).first()
        if found is None:
            raise InvalidDocument.at((EXTENSION, "info", "orgId"), "names no organisation")
        return found

    def templated(self, document: Document, query: Mapping[str, Any]) -> Document:
        """Give the document merged over the template that the query names, if it names one."""
        either_id = query.get("templateID") or query.get("templateId") or ""
        if not either_id:
            return document
        return with_template(document, either_id, self.organisation_of(document).pk, actor=user_of(self.request))

    def make(self, document: Document, shape: VersionQuery) -> Api:
        """Write a new API."""
        given: Any = document
        api = Api(organisation=self.organisation_of(document), kind=self.kind, document=given)
        return create_from_document(api, shape.versions, actor=user_of(self.request))

    def replace(self, api: Api, document: Document, options: VersionQuery) -> None:
        """Write another document of an API."""
        if info(document).get("id") not in (None, "", api.api_id):
            raise OtherId
        change_document(api, document, options.versions, actor=user_of(self.request))

    def answered(self, document: Any) -> HttpResponseBase:
        """Answer with a document, in JSON or YAML as the content type of the request asks."""
        if not is_yaml(self.request.content_type or ""):
            return Response(document)
        return HttpResponse(write_yaml(document), content_type="application/x-yaml; charset=utf-8")
