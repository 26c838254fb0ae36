"""REST endpoints of the versions of an API: which there are, where they are reached, which is the base."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis.classic import SELF
from apps.apis.models import Api
from apps.apis.oas.addresses import addresses
from apps.apis.oas.serializers import AddressesSerializer, VersionSerializer
from apps.apis.oas.services import rebase
from apps.apis.oas.versioning import versioning, versions
from apps.apis.oas.viewsets.base import NOT_FOUND, DocumentViewSet
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError, Refusal
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import user_of


class VersionViewSet(DocumentViewSet):
    """The versions of an API that is kept as an OpenAPI document."""

    kind = Api.Kind.OAS
    queryset = Api.objects.select_related("base", "organisation")
    permission_object = "apis"
    missing = {"": NOT_FOUND}
    audit_actions = {"addresses": "Read API URLs", "list_versions": "List API Versions"}

    @extend_schema(summary="Tell where an API listens", responses=AddressesSerializer)
    def addresses(self, request: Request, pk: str) -> Response:
        """Give every address, the one with the version first."""
        api = self.get_object()
        base = api.base.document if api.base else None
        found = addresses(api.document, api.api_id, base, self.gateway)
        return Response({"api_id": api.api_id, "urls": found})

    @extend_schema(
        summary="List the versions of an API",
        parameters=[
            OpenApiParameter("searchText", str, description="Part of the name of a version."),
            OpenApiParameter("accessType", str, enum=["internal", "external"]),
            OpenApiParameter("p", int),
        ],
        responses=inline_serializer(
            "Versions", {"apis": VersionSerializer(many=True), "pages": serializers.IntegerField()}
        ),
    )
    def list_versions(self, request: Request, pk: str) -> Response:
        """Give the versions of a base, itself among them, by name."""
        base = self.get_object()
        if base.base_id or not versions(base.document):
            raise ApplicationError(f"{pk} is not recognised", 422)
        page = paged("apis")()
        return page.get_paginated_response(page.paginate_queryset(self._versions(base), request))

    @extend_schema(summary="Let a version be the base of the others", request=None, responses=ENVELOPE)
    def rebase(self, request: Request, pk: str, following: str) -> Response:
        """Let a version take the place of its base: settings, names and the default move along."""
        current = self._sought(pk, (404, "Could not retrieve current base API"))
        rebase(current, self._sought(following, (404, "Could not retrieve next base API")), actor=user_of(request))
        return Response(ok("API converted successfully"))

    @extend_schema(exclude=True)
    def rebase_in_short(self, request: Request, pk: str, following: str) -> Response:
        """Do the same at the path that release notes print."""
        return self.rebase(request, pk, following)

    def _sought(self, pk: str, refusal: Refusal) -> Api:
        self.kwargs["pk"], self.missing = pk, {"": refusal}  # type: ignore[misc]  # of this request alone
        api: Api = self.get_object()
        return api

    def _versions(self, base: Api) -> list[dict[str, Any]]:
        told, named = versioning(base.document or {}), versions(base.document or {})
        names = {id_: name for name, id_ in named.items()} | {base.api_id: told.get("name", "")}
        default = told.get("default") or SELF
        default = names[base.api_id] if default == SELF else default
        text, access = (self.request.query_params.get(name, "") for name in ("searchText", "accessType"))
        rows = self.get_queryset().filter(Q(pk=base.pk) | Q(base=base))
        if access in {"internal", "external"}:
            rows = rows.filter(internal=access == "internal")
        found = [
            {
                "id": api.api_id,
                "name": api.name,
                "versionName": names.get(api.api_id, ""),
                "internal": api.internal,
                "isDefaultVersion": names.get(api.api_id) == default,
                "expirationDate": str(api.definition.get("expiration") or ""),
            }
            for api in rows
        ]
        shown = (one for one in found if text.lower() in one["versionName"].lower())
        return sorted(shown, key=lambda one: (one["versionName"], one["id"]))
