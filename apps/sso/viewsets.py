"""REST endpoints that make nonces: ``POST /api/sso`` and ``POST /admin/sso`` (dashboard REST interface, 5.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.authentication import AdminSecretAuthentication
from apps.core.envelope import ok
from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.requests import user_of, validated_body
from apps.core.viewsets import RestView
from apps.organisations.models import Organisation
from apps.sso import services
from apps.sso.identities import ExternalIdentity, is_email
from apps.sso.serializers import NonceSerializer
from apps.sso.services.nonces import SECTIONS

CREATED = "SSO Nonce created"
REFUSALS = {
    400: OpenApiResponse(description="The body is malformed, or names no section or organisation there is."),
    401: OpenApiResponse(description="Not authorised."),
    403: OpenApiResponse(
        description="Single sign-on is not enabled, the person could do more than you, or the nonce could not be saved."
    ),
    500: OpenApiResponse(description="The body is empty."),
}
NONCE = OpenApiExample("nonce", {"Status": "OK", "Message": CREATED, "Meta": "YTNiOGUzZDAtOWYw…"}, response_only=True)


#: The answer of these endpoints to a body that is no JSON or not of the documented shape.
BAD_BODY = (400, MALFORMED)


class NotEnabled(ApplicationError):
    """The organisation has single sign-on switched off. Status and wording are the documented ones."""

    status = 403
    message = "SSO not enabled for org"


class BadPayload(ApplicationError):
    """The body names something that is not there. Status and wording are the documented ones."""

    status = 400

    def __init__(self, cause: str) -> None:
        super().__init__(f"Cannot create an SSO session for an invalid payload: [Error: {cause}.]")


class AnyAccount(BasePermission):
    """Every active account may ask, whatever its permissions: brokers use one that has none.

    External users have no account: whom somebody vouched for vouches for nobody.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the caller has an account."""
        return bool(request.user.is_authenticated and request.user.is_active and request.user.pk)


class NonceView(RestView):
    """Make a nonce with the key of any active account.

    Every account may ask, as the documents say, but a nonce never gives more than who asks may do; whoever has the
    permission ``sso``, as administrators do, vouches for anybody. The organisation's own switch, ``sso_enabled``, comes
    first.
    """

    permission_classes = [AnyAccount]
    audit_actions = {"post": "Create SSO Nonce"}

    @extend_schema(
        operation_id="sso_create",
        summary="Make a nonce for a person, for 60 seconds",
        request=NonceSerializer,
        responses={200: OpenApiResponse(description=CREATED, examples=[NONCE]), **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        """Make a nonce."""
        sent = body_of(request)
        organisation = self.organisation(request, sent["OrgID"])
        identity = self.vouched(identity_of(sent, organisation))
        nonce = services.issue_nonce(identity=identity, section=sent["ForSection"])
        return Response(ok(CREATED, nonce))

    def vouched(self, identity: ExternalIdentity) -> ExternalIdentity:
        """Give the person with who vouches for them. Raises ``ImpersonationDenied``."""
        asker = user_of(self.request)
        services.check_impersonation(asker, identity)
        return replace(identity, asked_by=asker.pk)

    def organisation(self, request: Request, pk: str) -> Organisation:
        """Give the caller's organisation, if single sign-on is on there; super users name one."""
        own = user_of(request).organisation_id
        if own and pk not in {"", own}:
            raise PermissionDenied
        organisation = organisation_of(own or pk)
        if not organisation.sso_enabled:
            raise NotEnabled
        return organisation


class AdminNonceView(NonceView):
    """Make a nonce with the admin secret, for any organisation; its switch does not bind the operator."""

    authentication_classes = [AdminSecretAuthentication]
    permission_classes = []

    @extend_schema(
        operation_id="admin_sso_create",
        summary="Make a nonce for a person of any organisation, for 60 seconds",
        request=NonceSerializer,
        responses={200: OpenApiResponse(description=CREATED, examples=[NONCE]), **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        """Make a nonce."""
        return super().post(request)

    def vouched(self, identity: ExternalIdentity) -> ExternalIdentity:
        """Give the person with the operator as who vouches for them."""
        return replace(identity, by_operator=True)

    def organisation(self, request: Request, pk: str) -> Organisation:
        """Give the organisation that the body names."""
        return organisation_of(pk)


def body_of(request: Request) -> Mapping[str, Any]:
    """Give the checked body, with "" for texts that are null or missing. Raises ``ApplicationError``."""
    read = validated_body(request, NonceSerializer, BAD_BODY, unreadable=BAD_BODY)
    sent: dict[str, Any] = {str(name): read.validated_data.get(name) or "" for name in read.fields}
    sent["EmailAddress"] = (sent["EmailAddress"] or sent["Email"]).strip().lower()
    if sent["EmailAddress"] and not is_email(sent["EmailAddress"]):
        raise BadPayload(f"'{sent['EmailAddress']}' is no e-mail address")
    if sent["ForSection"] not in SECTIONS:
        raise BadPayload(f"ForSection is neither {' nor '.join(SECTIONS)}")
    return sent


def organisation_of(pk: str) -> Organisation:
    """Give an organisation. Raises ``BadPayload``."""
    organisation = Organisation.objects.filter(pk=pk).first()
    if organisation is None:
        raise BadPayload(f"Org id not found ('{pk}')")
    return organisation


def identity_of(sent: Mapping[str, Any], organisation: Organisation) -> ExternalIdentity:
    """Give the person a body is about. ``GroupsIDs`` goes before ``GroupID``, if it names any."""
    return ExternalIdentity(
        organisation=organisation.pk,
        email=sent["EmailAddress"],
        name=sent["DisplayName"],
        groups=tuple(filter(None, sent["GroupsIDs"] if any(sent["GroupsIDs"]) else [sent["GroupID"]])),
        is_looked_up=settings.SSO_ENABLE_USER_LOOKUP,
        only_registered=bool(sent["SSOOnlyForRegisteredUsers"]),
        is_refused=bool(sent["UserNotAllowed"]),
    )
