"""REST endpoints of users for the holder of the admin secret: ``/admin/users``, as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.requests import validated_body
from apps.core.viewsets import AdminViewSet
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from apps.users.serializers import AdminUserInput, NewAdminUserInput, UserSerializer
from apps.users.viewsets.users import INVALID_USER

UPDATED = "User updated"
WITH_USER = inline_serializer(
    "EnvelopeWithUser",
    {
        "Status": serializers.ChoiceField(["OK"]),
        "Message": serializers.CharField(help_text="The access key, where it is known."),
        "Meta": UserSerializer(),
    },
)


class NoSuchOrganisation(ApplicationError):
    """A user was to be put into an organisation that is not there."""

    status = 400
    message = "Could not retrieve org detail"


@extend_schema_view(
    retrieve=extend_schema(summary="Read a user; a new access key is shown once", operation_id="admin_users_read"),
    create=extend_schema(
        summary="Make a user", operation_id="admin_users_create", request=NewAdminUserInput, responses=WITH_USER
    ),
    update=extend_schema(
        summary="Change a user, password included",
        operation_id="admin_users_update",
        request=AdminUserInput,
        responses=WITH_USER,
    ),
)
class AdminUserViewSet(AdminViewSet):
    """Users of every organisation, super users included."""

    queryset = User.objects.select_related("group", "organisation")
    serializer_class = UserSerializer
    missing = {"": (404, "Could not retrieve user detail"), "update": (404, "User not found")}
    audit_actions = {"retrieve": "Read User"}

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer one user; the access key too, if it is new and nobody read it yet."""
        user = self.get_object()
        key = services.show_once_take(user=user) if request.method == "GET" else ""
        return Response(_shown(user, key))

    def create(self, request: Request) -> Response:
        """Make a user without password; without ``org_id`` a super user. The answer tells the access key."""
        sent = validated_body(request, NewAdminUserInput, INVALID_USER)
        organisation = self._organisation(sent.validated_data.get("org_id", ""))
        user = User(**{"is_active": False, "organisation": organisation, **sent.model_fields(organisation)})
        user.user_permissions = services.admin_secret_permissions(user.user_permissions)
        key = services.create_user(user=user)
        return Response(ok(key, _shown(user, key)))

    def update(self, request: Request, pk: str) -> Response:
        """Change a user. A key that is not the present one comes from an older dashboard, and is taken over."""
        user = self.get_object()
        sent = validated_body(request, AdminUserInput, INVALID_USER)
        values = sent.validated_data
        moved = {"organisation": self._organisation(values["org_id"])} if "org_id" in values else {}
        changes = {**moved, **sent.model_fields(moved.get("organisation", user.organisation))}
        given = {name: values.get(name, "") for name in ("password", "access_key")}
        key = services.change_user_with_secret(user=user, changes=changes, **given)
        return Response(ok(key or UPDATED, _shown(user, key)))

    @extend_schema(
        summary="Let an administrator reset passwords of others",
        operation_id="admin_users_allow_reset_passwords",
        request=None,
        responses=WITH_USER,
    )
    def allow(self, request: Request, pk: str) -> Response:
        """Trust an administrator with the passwords of others."""
        return self._trust(allowed=True)

    @extend_schema(
        summary="Let an administrator reset passwords of others no longer",
        operation_id="admin_users_disallow_reset_passwords",
        request=None,
        responses=WITH_USER,
    )
    def disallow(self, request: Request, pk: str) -> Response:
        """Trust them no longer."""
        return self._trust(allowed=False)

    def _trust(self, *, allowed: bool) -> Response:
        user = self.get_object()
        services.allow_reset_passwords(user=user, allowed=allowed)
        return Response(ok(UPDATED, _shown(user)))

    @staticmethod
    def _organisation(pk: str) -> Organisation | None:
        """Give an organisation by its id; "" is none, and makes a super user. Raises ``NoSuchOrganisation``."""
        organisation = Organisation.objects.filter(pk=pk).first()
        if pk and organisation is None:
            raise NoSuchOrganisation
        return organisation


def _shown(user: User, key: str = "") -> Any:
    return UserSerializer(user, context={"access_key": key}).data
