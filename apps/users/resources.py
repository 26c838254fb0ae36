"""What people and programs keep in this app: user groups."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.users.models import UserGroup
from apps.users.serializers import NewUserGroupInput, UserGroupInput, UserGroupSerializer
from apps.users.services import change_group, create_group, delete_group

USER_GROUPS = Resource(
    model=UserGroup,
    path="/api/usergroups",
    permission_object="user_groups",
    serializer=UserGroupSerializer,
    create_input=NewUserGroupInput,
    update_input=UserGroupInput,
    create=create_group,
    update=change_group,
    delete=delete_group,
)
