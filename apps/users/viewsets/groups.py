"""REST endpoints of user groups: ``/api/usergroups``, paths, answers and refusals as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.envelope import MALFORMED, ok
from apps.core.exceptions import ApplicationError
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.viewsets import TenantViewSet
from apps.users import services
from apps.users.models import UserGroup
from apps.users.serializers.groups import NewUserGroupInput, UserGroupInput, UserGroupSerializer
from apps.users.services.groups import NothingPermitted
from apps.users.viewsets.inputs import caller, organisation_for, validated

FIELDS = ("name", "description", "active", "password_max_days", "user_permissions")
MISSING = {
    "update": (400, "Group ID does not exist"),
    "destroy": (404, "Could not retrieve user detail"),  # so it is documented
}


@extend_schema_view(
    list=extend_schema(summary="List user groups"),
    retrieve=extend_schema(summary="Read a user group"),
    create=extend_schema(summary="Make a user group", request=NewUserGroupInput, responses=ENVELOPE),
    update=extend_schema(summary="Change a user group", request=UserGroupInput, responses=ENVELOPE),
    destroy=extend_schema(summary="Delete a user group; its members stay", responses=ENVELOPE),
)
class UserGroupViewSet(ListModelMixin, RetrieveModelMixin, TenantViewSet):
    """User groups of the caller's organisation, the oldest first."""

    queryset = UserGroup.objects.select_related("organisation")
    serializer_class = UserGroupSerializer
    pagination_class = paged("groups")
    permission_object = "user_groups"
    audit_actions = {"list": "List User Groups", "retrieve": "Read User Group"}

    @property
    def missing_status(self) -> int:  # type: ignore[override]  # here it depends on the endpoint
        """The documented status for a group that is not there."""
        return MISSING.get(self.action, (404, ""))[0]

    @property
    def missing_message(self) -> str:  # type: ignore[override]
        """The documented text for a group that is not there."""
        return MISSING.get(self.action, (404, "Could not retrieve user group detail"))[1]

    def create(self, request: Request) -> Response:
        """Make a group; the answer's ``Meta`` is the id."""
        values = self._values(NewUserGroupInput(data=self.body()))
        organisation = organisation_for(caller(request), values)
        if organisation is None:
            raise ApplicationError(MALFORMED, 403)  # a super user has to say for whom
        group = UserGroup(organisation=organisation, **_fields(values))
        services.create_group(group=group, actor=caller(request))
        return Response(ok("User group created", group.pk))

    def update(self, request: Request, pk: str) -> Response:
        """Change a group; a map that is left out stays."""
        group: Any = self.get_object()
        changes = _fields(self._values(UserGroupInput(data=self.body())))
        services.change_group(group=group, changes=changes, actor=caller(request))
        return Response(ok("User group updated"))

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a group; its members fall back on their own permissions."""
        group: Any = self.get_object()
        services.delete_group(group=group, actor=caller(request))
        return Response(ok("User group deleted"))

    @staticmethod
    def _values(serializer: UserGroupInput) -> dict[str, Any]:
        values = validated(serializer, ApplicationError(MALFORMED, 403))
        if values.get("user_permissions", True) == {}:
            raise NothingPermitted
        return values


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in FIELDS if name in values}
