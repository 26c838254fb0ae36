"""REST endpoints of organisations: all of them for the holder of the admin secret, options for administrators."""

from __future__ import annotations

from typing import Any

from django.urls import clear_url_caches
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.authentication import AdminSecretAuthentication
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import json_body, user_of, validated
from apps.core.serializers import InputSerializer
from apps.core.viewsets import AdminSecretMixin, ResourceViewSet, RestView
from apps.organisations import services
from apps.organisations.models import Organisation
from apps.organisations.resources import ORGANISATIONS
from apps.organisations.serializers import AdditionalPermissionsSerializer, OrganisationSerializer

OPEN_POLICY = {"open_policy", "rules"}


class NoPortal(ApplicationError):
    """Weir has no classic developer portal to make. Status and wording are the documented ones."""

    status = 404
    message = "Could not generate APIs"


class OrganisationViewSet(AdminSecretMixin, ResourceViewSet, RestView):
    """Organisations, for the holder of the admin secret (dashboard admin API, 5.13)."""

    resource = ORGANISATIONS
    queryset = Organisation.objects.with_apis()
    pagination_class = paged("organisations", when_absent=0)  # clients page other lists, and never this one
    operations = {
        "list": "List organisations",
        "retrieve": "Read, and so export, one",
        "create": "Make an organisation\nMake an organisation under a new id, which is the answer's ``Meta``.",
        "update": "Replace an organisation\nReplace an organisation: what the body leaves out becomes empty.",
        "destroy": "Delete an organisation and all that hangs on it\nDelete an organisation.",
    }
    done = {"create": "Org created", "update": "Org updated", "destroy": "Org deleted"}
    empty = {**ResourceViewSet.empty, "update": (500, "Failed to read request body, body empty")}
    missing = {
        "": (404, "Could not retrieve org detail"),
        "update": (services.NotUpdated.status, services.NotUpdated.message),
    }

    def new_fields(self, values: InputSerializer) -> dict[str, Any]:
        """Give the fields of a new organisation, which belongs to none."""
        return values.model_fields(None)

    @extend_schema(summary="Import an organisation under its own id", responses=ENVELOPE)
    def take_in(self, request: Request) -> Response:
        """Import what ``retrieve`` gave: a new organisation, or another state of one that is here."""
        values = self.validated(OrganisationSerializer)
        identifier = values.validated_data.get("id", "")
        imported = services.import_organisation(id=identifier, values=values.model_fields(None))
        return Response(ok("Org imported", imported.pk))

    @extend_schema(summary="Refused: there is no classic portal", request=None, responses=ENVELOPE)
    def generate_portals(self, request: Request, pk: str) -> Response:
        """Refuse."""
        raise NoPortal


@extend_schema(exclude=True)
class SingularViewSet(OrganisationViewSet):
    """The same under the path that older programs call."""


#: Status and wording are the documented ones.
NOT_UNMARSHALLED = (500, "Failed to unmarshal response body")
NOT_READ = (400, "Failed to read response body")


class NoOrganisation(ApplicationError):
    """A super user belongs to no organisation that the permissions could be of. Wording as for rules."""

    status = 500
    message = "Failed to identify organisation"


class RulesAreOff(ApplicationError):
    """Rules are changed here only where that is switched on."""

    status = 403
    message = "access denied: Changing OPA rules through this path is not enabled"


class AdditionalPermissionsView(RestView):
    """The permissions of the caller's organisation beside the built-in ones; for administrators."""

    permission_object = None
    audit_actions = {"get": "Read Additional Permissions"}

    @extend_schema(summary="Read the additional permissions", responses=AdditionalPermissionsSerializer)
    def get(self, request: Request) -> Response:
        """Give the organisation's own, or the site's while it has none."""
        return Response(AdditionalPermissionsSerializer(_organisation_of(request)).data)

    @extend_schema(
        summary="Replace the additional permissions", request=AdditionalPermissionsSerializer, responses=ENVELOPE
    )
    def put(self, request: Request) -> Response:
        """Take the complete new map."""
        sent = validated(self.document(request), AdditionalPermissionsSerializer, NOT_UNMARSHALLED)
        services.set_additional_permissions(
            organisation=_organisation_of(request), permissions=sent.validated_data["permission_labels"]
        )
        return Response(ok("Additional Permissions updated in org level"))

    @staticmethod
    def document(request: Request) -> Any:
        """Give the JSON document of a write."""
        return json_body(request, empty=NOT_READ, unreadable=NOT_UNMARSHALLED)


@extend_schema_view(
    get=extend_schema(exclude=True),
    put=extend_schema(
        summary="Replace the additional permissions (the older path)",
        request=AdditionalPermissionsSerializer,
        responses=ENVELOPE,
    ),
)
class PermissionsOrRulesView(AdditionalPermissionsView):
    """The older path of two endpoints: the body says which is meant."""

    def put(self, request: Request) -> Response:
        """Take additional permissions; rules are refused."""
        document = self.document(request)
        if isinstance(document, dict) and not OPEN_POLICY.isdisjoint(document):
            raise RulesAreOff
        return super().put(request)


class ReloadView(RestView):
    """Routes are worked out anew at the next call, as programs ask for after they changed host names."""

    authentication_classes = [AdminSecretAuthentication]
    permission_object = None
    audit_actions = {"get": "Reload"}

    @extend_schema(summary="Forget cached routes", responses={200: {"example": {"status": "ok"}}})
    def get(self, request: Request) -> Response:
        """Forget the routes that this process keeps."""
        clear_url_caches()
        return Response({"status": "ok"})


def _organisation_of(request: Request) -> Organisation:
    organisation = user_of(request).organisation
    if organisation is None:
        raise NoOrganisation
    return organisation
