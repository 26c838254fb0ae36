"""REST endpoints of organisations: all of them for the holder of the admin secret, options for administrators."""

from __future__ import annotations

from typing import Any

from django.urls import clear_url_caches
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.core.authentication import AdminSecretAuthentication
from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.viewsets import AdminViewSet, EmptyBody, json_body
from apps.organisations import services
from apps.organisations.models import Organisation
from apps.organisations.serializers import AdditionalPermissionsSerializer, OrganisationSerializer

OPEN_POLICY = {"open_policy", "rules"}


class EmptyOrganisation(EmptyBody):
    """An organisation was to be replaced by nothing. The wording is the documented one."""

    message = "Failed to read request body, body empty"


class NoPortal(ApplicationError):
    """Weir has no classic developer portal to make. Status and wording are the documented ones."""

    status = 404
    message = "Could not generate APIs"


@extend_schema_view(
    list=extend_schema(summary="List organisations"), retrieve=extend_schema(summary="Read, and so export, one")
)
class OrganisationViewSet(ListModelMixin, RetrieveModelMixin, AdminViewSet):
    """Organisations, for the holder of the admin secret (dashboard admin API, 5.13)."""

    queryset = Organisation.objects.with_apis()
    serializer_class = OrganisationSerializer
    pagination_class = paged("organisations", when_absent=0)  # clients page other lists, and never this one
    missing = {
        "": (404, "Could not retrieve org detail"),
        "update": (services.NotUpdated.status, services.NotUpdated.message),
    }
    audit_actions = {"list": "List Organisations", "retrieve": "Read Organisation"}

    @extend_schema(summary="Make an organisation", responses=ENVELOPE)
    def create(self, request: Request) -> Response:
        """Make an organisation under a new id, which is the answer's ``Meta``."""
        values = self.values(self.body())
        values.pop("id", None)
        made = services.create(organisation=Organisation(**values))
        return Response(ok("Org created", made.pk))

    @extend_schema(summary="Replace an organisation", responses=ENVELOPE)
    def update(self, request: Request, pk: str) -> Response:
        """Replace an organisation: what the body leaves out becomes empty."""
        values = self.values(json_body(request, EmptyOrganisation))
        organisation: Any = self.get_object()
        organisation.take(values)
        services.change(organisation=organisation)
        return Response(ok("Org updated"))

    @extend_schema(summary="Delete an organisation and all that hangs on it", responses=ENVELOPE)
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an organisation."""
        organisation: Any = self.get_object()
        services.delete(organisation=organisation)
        return Response(ok("Org deleted"))

    @extend_schema(summary="Import an organisation under its own id", responses=ENVELOPE)
    def take_in(self, request: Request) -> Response:
        """Import what ``retrieve`` gave: a new organisation, or another state of one that is here."""
        values = self.values(self.body())
        taken = services.import_organisation(id=values.pop("id", ""), values=values)
        return Response(ok("Org imported", taken.pk))

    @extend_schema(summary="Refused: there is no classic portal", request=None, responses=ENVELOPE)
    def generate_portals(self, request: Request, pk: str) -> Response:
        """Refuse."""
        raise NoPortal

    def values(self, body: Any) -> dict[str, Any]:
        """Give the fields of a body; raises ``ParseError`` when one is of another type."""
        return _valid(self.get_serializer(data=body), ParseError())


@extend_schema(exclude=True)
class SingularViewSet(OrganisationViewSet):
    """The same under the path that older programs call."""


class NotUnmarshalled(ApplicationError):
    """The body is no JSON, or has another shape. Status and wording are the documented ones."""

    status = 500
    message = "Failed to unmarshal response body"


class NotRead(ApplicationError):
    """There is no body. Status and wording are the documented ones."""

    status = 400
    message = "Failed to read response body"


class NoOrganisation(ApplicationError):
    """A super user belongs to no organisation that the permissions could be of. Wording as for rules."""

    status = 500
    message = "Failed to identify organisation"


class RulesAreOff(ApplicationError):
    """Rules are changed here only where that is switched on."""

    status = 403
    message = "access denied: Changing OPA rules through this path is not enabled"


class AdditionalPermissionsView(APIView):
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
        given = _valid(AdditionalPermissionsSerializer(data=_document(request)), NotUnmarshalled())
        services.set_additional_permissions(
            organisation=_organisation_of(request), permissions=given["permission_labels"]
        )
        return Response(ok("Additional Permissions updated in org level"))


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
        document = _document(request)
        if isinstance(document, dict) and not OPEN_POLICY.isdisjoint(document):
            raise RulesAreOff
        return super().put(request)


class ReloadView(APIView):
    """Routes are worked out anew at the next call, as programs ask for after they changed host names."""

    authentication_classes = [AdminSecretAuthentication]
    permission_object = None
    audit_actions = {"get": "Reload"}

    @extend_schema(summary="Forget cached routes", responses={200: {"example": {"status": "ok"}}})
    def get(self, request: Request) -> Response:
        """Forget the routes that this process keeps."""
        clear_url_caches()
        return Response({"status": "ok"})


def _valid(serializer: BaseSerializer[Any], error: Exception) -> dict[str, Any]:
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as invalid:
        raise error from invalid
    values: dict[str, Any] = serializer.validated_data
    return values


def _document(request: Request) -> Any:
    try:
        return json_body(request, NotRead)
    except ParseError as error:
        raise NotUnmarshalled from error


def _organisation_of(request: Request) -> Organisation:
    user: Any = request.user
    if user.organisation is None:
        raise NoOrganisation
    organisation: Organisation = user.organisation
    return organisation
