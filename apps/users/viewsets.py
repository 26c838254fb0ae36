"""REST endpoints of users and user groups: ``/api/users``, ``/api/usergroups``, and ``/admin/users`` for the holder of
the admin secret. Paths, answers and refusals as of dashboard 5.13.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.envelope import ok
from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.permissions import HasPermission
from apps.core.requests import UNREADABLE, user_of, validated_body
from apps.core.viewsets import AdminViewSet, ResourceViewSet
from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from apps.users.permissions import READ
from apps.users.resources import USER_GROUPS, USERS
from apps.users.serializers import (
    AdminUserInput,
    AdminUserSerializer,
    NewAdminUserInput,
    NewUserInput,
    PasswordInput,
    SearchInput,
    UserSerializer,
)

NO_DETAIL = "Could not retrieve user detail"


#: Status and wording are the documented ones.
NO_FILTER = (400, "Could not extract search filter from request body")
INVALID_USER = (400, "User object validation failed")

UPDATED = "User updated"
WITH_USER = inline_serializer(
    "EnvelopeWithUser",
    {
        "Status": serializers.ChoiceField(["OK"]),
        "Message": serializers.CharField(help_text="The access key, where it is known."),
        "Meta": AdminUserSerializer(),
    },
)


class IsSelfOrHasPermission(HasPermission):
    """Lets callers use the view's ``own_actions`` on themselves without any permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether it is their own account, or permitted."""
        own = user_of(request).pk
        is_own = own is not None and view.kwargs.get("pk", own) == own
        return (is_own and view.action in view.own_actions) or super().has_permission(request, view)


class NoAccount(ApplicationError):
    """Whoever asks has no account here, as people from single sign-on may. The documented answer."""

    status = 404
    message = "Could not retrieve current user detail"


class UserViewSet(ResourceViewSet):
    """Users of the caller's organisation, the oldest first."""

    resource = USERS
    filterset_class = None  # parameters that are not documented mean nothing
    pagination_class = paged("users")
    permission_classes = [IsSelfOrHasPermission]
    permission_levels = {"search": READ, "reset_password": READ}
    own_actions = frozenset({"retrieve", "me", "renew_key", "reset_password"})
    operations = {
        "list": "List users\nAnswer a page of users.",
        "retrieve": (
            "Read a user; a new access key is shown once\n"
            "Answer one user; the access key too, if it is new and nobody read it yet."
        ),
        "create": (
            "Make a user\nMake a user; the answer's ``Meta`` is the id. The access key is read with ``retrieve``."
        ),
        "update": "Change a user\nChange a user; passwords are not changed here.",
        "destroy": "Delete a user\nDelete a user, the caller too, but not the last administrator of the organisation.",
    }
    done = {"create": "User and session have been created", "update": "User updated", "destroy": "User deleted"}
    malformed = {"": INVALID_USER}
    unreadable = {"": UNREADABLE, "update": (400, MALFORMED)}
    missing = {"": (404, NO_DETAIL), "update": (400, "user does not exist"), "revoke": (400, NO_DETAIL)}
    refusals = {services.EmailTaken: (403, "User email already exists for this org")}  # with a capital under /admin
    audit_actions = {"me": "Read Own User", "search": "Search Users", "search_by_query": "Search Users"}

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer one user; the access key too, if it is new and nobody read it yet."""
        return self._shown(self.get_object())

    @extend_schema(summary="Read the caller's own account", operation_id="users_me")
    def me(self, request: Request) -> Response:
        """Answer the caller."""
        if user_of(request).pk is None:
            raise NoAccount
        return self._shown(user_of(request))

    def create(self, request: Request) -> Response:
        """Make a user, and keep the access key for who reads it first."""
        values = self.validated(NewUserInput)
        user = User(**{"is_active": False, **self.new_fields(values)})
        key = self.call(services.create_user, user, password=values.validated_data.get("password") or None)
        services.show_once_keep(user, key)
        return self.answer(user, user.pk)

    @extend_schema(
        summary="Set a password", operation_id="users_reset_password", request=PasswordInput, responses=ENVELOPE
    )
    def reset_password(self, request: Request, pk: str) -> Response:
        """Set the caller's own password, or that of somebody else if they were trusted with it.

        Whoever may not see users gives the present one, and cannot set a first one with their key alone.
        """
        user, actor = self.get_object(), user_of(request)
        given = validated_body(request, PasswordInput, UNREADABLE).validated_data
        if user == actor:
            may_be_first, present = actor.allows("users"), given.get("current_password", "")
            services.check_own_password(user=user, password=present, may_be_first=may_be_first)
        services.set_password(user=user, password=given["new_password"], actor=actor)
        return Response(ok("User password updated"))

    @extend_schema(summary="Make a new access key", operation_id="users_reset_key", request=None, responses=ENVELOPE)
    def renew_key(self, request: Request, pk: str) -> Response:
        """Make a new access key, which is read with ``retrieve``; the old one is rejected at once."""
        services.renew_access_key(user=self.get_object(), actor=user_of(request))
        return Response(ok("User session renewed"))

    @extend_schema(summary="Make a user inactive", operation_id="users_revoke", request=None, responses=ENVELOPE)
    def revoke(self, request: Request, pk: str) -> Response:
        """Make a user inactive."""
        services.revoke_user(user=self.get_object(), actor=user_of(request))
        return Response(ok("User revoked"))

    @extend_schema(
        summary="Search users by e-mail address",
        operation_id="users_search",
        request=SearchInput,
        responses=UserSerializer(many=True),
    )
    def search(self, request: Request) -> Response:
        """Answer a page of the users whose e-mail address has the text of the body's filter in it."""
        given = validated_body(request, SearchInput, NO_FILTER, empty=NO_FILTER, unreadable=NO_FILTER).validated_data
        return self._page(self._users().search_email(given["filters"].get("query", "")))

    @extend_schema(
        summary="Search users by e-mail address (deprecated: addresses stand in URLs)",
        operation_id="users_search_by_query",
        parameters=[OpenApiParameter("q", description="A part of e-mail addresses.")],
        responses=UserSerializer(many=True),
        deprecated=True,
    )
    def search_by_query(self, request: Request) -> Response:
        """Answer what ``search`` does, for the text of ``q``."""
        return self._page(self._users().search_email(request.query_params.get("q", "")))

    def _users(self) -> Any:
        return self.get_queryset()

    def _page(self, users: Any) -> Response:
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(users), many=True).data)

    def _shown(self, user: User) -> Response:
        """Show one user; a request for the head alone must not use the key up."""
        is_read = self.request.method == "GET"
        key = services.show_once_take(user=user, actor=user_of(self.request)) if is_read else ""
        return Response(UserSerializer(user, context={"access_key": key}).data)


class UserGroupViewSet(ResourceViewSet):
    """User groups of the caller's organisation, the oldest first."""

    resource = USER_GROUPS
    filterset_class = None  # parameters that are not documented mean nothing
    pagination_class = paged("groups")
    operations = {"destroy": "Delete a user group; its members stay\nThey keep what it gave of their own permissions."}
    malformed = {"": UNREADABLE, "update": (400, MALFORMED)}
    unreadable = malformed
    missing = {
        "": (404, "Could not retrieve user group detail"),
        "update": (400, "Group ID does not exist"),
        "destroy": (404, "Could not retrieve user detail"),  # so it is documented
    }


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
    serializer_class = AdminUserSerializer
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
        user.user_permissions = services.admin_secret_permissions(user)
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
    return AdminUserSerializer(user, context={"access_key": key}).data
