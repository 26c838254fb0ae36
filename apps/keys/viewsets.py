"""REST endpoints of policies, and of the portal what is asked before one is deleted. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.envelope import ok
from apps.core.exceptions import MALFORMED
from apps.core.ids import new_object_id
from apps.core.imports import import_each, imported
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import user_of, validated_body
from apps.core.tenancy import scope_of
from apps.core.viewsets import AdminSecretMixin, ResourceViewSet, RestView
from apps.keys.filters import PolicySearchFilter
from apps.keys.resources import POLICIES
from apps.keys.serializers import PolicyImport
from apps.keys.services import import_policy

NOT_FOUND = (404, "Could not retrieve portal object")


class PolicyViewSet(ResourceViewSet):
    """Policies of the caller's organisation, the oldest first. Paths have database ids or explicit ones."""

    resource = POLICIES
    filterset_class = PolicySearchFilter
    pagination_class = paged("Data", "Pages")
    done = {"update": "Data updated", "destroy": "Data deleted"}
    missing = {"": NOT_FOUND, "destroy": (404, "Could not retrieve object for deletion")}
    malformed_query = (400, "Policy ID is not in hex format")
    operations = {
        "list": "List policies\nAPIs of a policy that the caller does not see are left out of it.",
        "create": "Make a policy\nThe answer's ``Message`` is the database id.",
        "update": (
            "Replace a policy\nThe ids stay, and the name if none is given; so do rights to APIs that the caller does"
            " not see."
        ),
    }

    def get_serializer_context(self) -> dict[str, Any]:
        """Say which APIs the caller sees."""
        return {**super().get_serializer_context(), "apis": scope_of(self.request.user).apis}

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.named(sought)

    def create(self, request: Request) -> Response:
        """Make a policy; the id is the message."""
        response = super().create(request)
        return Response(ok(response.data["Meta"]))


class PolicyImportView(AdminSecretMixin, RestView):
    """Policies of another Weir, with their ids."""

    audit_actions = {"post": "Import Policies"}

    @extend_schema(summary="Import policies under their own ids", request=PolicyImport, responses=ENVELOPE)
    def post(self, request: Request) -> Response:
        """Import what the list gave. ``Meta`` says for each database id whether it is here; the message, why not."""
        sent = validated_body(request, PolicyImport, (403, MALFORMED))
        problems = import_each(sent.validated_data["Data"], import_policy, id_of=_id_of, noun="policy")
        return Response(imported("Policies", problems))


def _id_of(document: Any) -> str:
    """Give the database id that a policy came with, or a new one to name it by."""
    given = document.get("_id") if isinstance(document, dict) else None
    return given if isinstance(given, str) and given else new_object_id()


class CatalogueView(RestView):
    """The catalogue of the classic portal, which Weir has not: operators ask it which policies are offered there."""

    permission_object = "portal"
    audit_actions = {"get": "Read Portal Catalogue"}

    @extend_schema(
        summary="Read the portal's catalogue, which is empty",
        responses=inline_serializer(
            "Catalogue",
            {
                "apis": serializers.ListField(child=serializers.DictField()),
                **{name: serializers.CharField() for name in ("id", "org_id", "email")},
            },
        ),
    )
    def get(self, request: Request) -> Response:
        """Give the empty catalogue of the caller's organisation."""
        return Response({"apis": [], "id": "", "org_id": user_of(request).organisation_id or "", "email": ""})
