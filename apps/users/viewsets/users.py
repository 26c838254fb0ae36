"""REST endpoints of users: ``/api/users``, paths, answers and refusals as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.envelope import MALFORMED, ok
from apps.core.exceptions import ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import json_body
from apps.core.viewsets import TenantViewSet
from apps.users import services
from apps.users.models import User
from apps.users.permissions import READ
from apps.users.serializers import NewUserInput, PasswordInput, SearchInput, UserInput, UserSerializer
from apps.users.services.access_checks import NoPermissions
from apps.users.viewsets.inputs import (
    InvalidUser,
    IsSelfOrHasPermission,
    caller,
    organisation_for,
    user_fields,
    validated,
)

NO_DETAIL = "Could not retrieve user detail"


class DuplicateEmail(ApplicationError):
    """The documented answer; the admin endpoints spell it with a capital letter."""

    status = 403
    message = "User email already exists for this org"


class InvalidEmail(ApplicationError):
    """An account was to get something that is no e-mail address."""

    status = 403
    message = "User email is not valid"


class NoFilter(ApplicationError):
    """A search has no readable body. Status and wording are the documented ones."""

    status = 400
    message = "Could not extract search filter from request body"


class NoAccount(ApplicationError):
    """Whoever asks has no account here, as people from single sign-on may. The documented answer."""

    status = 404
    message = "Could not retrieve current user detail"


@extend_schema_view(
    list=extend_schema(summary="List users"),
    retrieve=extend_schema(summary="Read a user; a new access key is shown once"),
    create=extend_schema(summary="Make a user", request=NewUserInput, responses=ENVELOPE),
    update=extend_schema(summary="Change a user", request=UserInput, responses=ENVELOPE),
    destroy=extend_schema(summary="Delete a user", responses=ENVELOPE),
)
class UserViewSet(TenantViewSet):
    """Users of the caller's organisation, the oldest first."""

    queryset = User.objects.select_related("group", "organisation")
    serializer_class = UserSerializer
    pagination_class = paged("users")
    permission_object = "users"
    permission_classes = [IsSelfOrHasPermission]
    permission_levels = {"search": READ, "reset_password": READ}
    missing = {"": (404, NO_DETAIL), "update": (400, "user does not exist"), "revoke": (400, NO_DETAIL)}
    own_actions = frozenset({"retrieve", "me", "renew_key"})
    audit_actions = {
        "list": "List Users",
        "retrieve": "Read User",
        "me": "Read Own User",
        "search": "Search Users",
        "search_by_query": "Search Users",
    }

    def list(self, request: Request) -> Response:
        """Answer a page of users."""
        return self._page(self.get_queryset())

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer one user; the access key too, if it is new and nobody read it yet."""
        return self._shown(self._user())

    @extend_schema(summary="Read the caller's own account", operation_id="users_me")
    def me(self, request: Request) -> Response:
        """Answer the caller."""
        if caller(request).pk is None:
            raise NoAccount
        return self._shown(caller(request))

    def create(self, request: Request) -> Response:
        """Make a user; the answer's ``Meta`` is the id. The access key is read with ``retrieve``."""
        values = validated(NewUserInput(data=json_body(self.request)), InvalidUser())
        organisation = organisation_for(caller(request), values)
        if organisation is None:
            raise InvalidUser  # a super user has to say for whom
        user = User(organisation=organisation, **{"is_active": False, **user_fields(values, organisation)})
        try:
            key = services.create_user(user=user, password=values.get("password") or None, actor=caller(request))
        except services.EmailTaken as error:
            raise DuplicateEmail from error
        services.show_once_keep(user, key)
        return Response(ok("User and session have been created", user.pk))

    def update(self, request: Request, pk: str) -> Response:
        """Change a user; passwords are not changed here."""
        user = self._user()
        values = self._changes(json_body(self.request))
        changes = user_fields(values, user.organisation)
        try:
            services.change_user(user=user, changes=changes, actor=caller(request))
        except services.EmailTaken as error:
            raise DuplicateEmail from error
        return Response(ok("User updated"))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a user, but not the caller."""
        services.delete_user(user=self._user(), actor=caller(request))
        return Response(ok("User deleted"))

    @extend_schema(
        summary="Set a password", operation_id="users_reset_password", request=PasswordInput, responses=ENVELOPE
    )
    def reset_password(self, request: Request, pk: str) -> Response:
        """Set the caller's own password, or that of somebody else if they were trusted with it."""
        user = self._user()
        given = validated(PasswordInput(data=json_body(self.request)), ApplicationError(MALFORMED, 403))
        if user == caller(request):
            services.check_own_password(user=user, password=given.get("current_password", ""))
        services.set_password(user=user, password=given["new_password"], actor=caller(request))
        return Response(ok("User password updated"))

    @extend_schema(summary="Make a new access key", operation_id="users_reset_key", request=None, responses=ENVELOPE)
    def renew_key(self, request: Request, pk: str) -> Response:
        """Make a new access key, which is read with ``retrieve``; the old one is rejected at once."""
        services.renew_access_key(user=self._user(), actor=caller(request))
        return Response(ok("User session renewed"))

    @extend_schema(summary="Make a user inactive", operation_id="users_revoke", request=None, responses=ENVELOPE)
    def revoke(self, request: Request, pk: str) -> Response:
        """Make a user inactive."""
        services.revoke_user(user=self._user(), actor=caller(request))
        return Response(ok("User revoked"))

    @extend_schema(
        summary="Search users by e-mail address",
        operation_id="users_search",
        request=SearchInput,
        responses=UserSerializer(many=True),
    )
    def search(self, request: Request) -> Response:
        """Answer a page of the users whose e-mail address has the text of the body's filter in it."""
        try:
            given = validated(SearchInput(data=request.data), NoFilter())
        except ParseError as error:
            raise NoFilter from error
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

    def _user(self) -> User:
        user: Any = self.get_object()
        found: User = user
        return found

    def _users(self) -> Any:
        return self.get_queryset()

    def _page(self, users: Any) -> Response:
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(users), many=True).data)

    def _shown(self, user: User) -> Response:
        """Show one user; a request for the head alone must not use the key up."""
        is_read = self.request.method == "GET"
        key = services.show_once_take(user=user, actor=caller(self.request)) if is_read else ""
        return Response(UserSerializer(user, context={"access_key": key}).data)

    @staticmethod
    def _changes(body: Any) -> dict[str, Any]:
        serializer = UserInput(data=body)
        serializer.is_valid()
        values = validated(serializer, InvalidEmail() if "email_address" in serializer.errors else InvalidUser())
        if values.get("user_permissions", True) == {}:
            raise NoPermissions
        return values
