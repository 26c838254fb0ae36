"""What people and programs keep in this app: users and user groups."""

from __future__ import annotations

from apps.core.filters import SearchFilterSet
from apps.core.resources import Resource
from apps.users.models import User, UserGroup
from apps.users.serializers import (
    NewUserInput,
    UserGroupInput,
    UserGroupSerializer,
    UserInput,
    UserSerializer,
)
from apps.users.services import change_group, change_user, create_group, create_user, delete_group, delete_user

USERS = Resource(
    queryset=User.objects.select_related("group", "organisation"),
    path="/api/users",
    permission_object="users",
    serializer=UserSerializer,
    create_input=NewUserInput,
    update_input=UserInput,
    create=create_user,
    update=change_user,
    delete=delete_user,
    filterset_class=SearchFilterSet,
)
USER_GROUPS = Resource(
    queryset=UserGroup.objects.select_related("organisation").with_member_count(),
    path="/api/usergroups",
    permission_object="user_groups",
    serializer=UserGroupSerializer,
    update_input=UserGroupInput,
    create=create_group,
    update=change_group,
    delete=delete_group,
    filterset_class=SearchFilterSet,
)
