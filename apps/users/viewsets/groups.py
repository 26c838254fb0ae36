"""REST endpoints of user groups: ``/api/usergroups``, paths, answers and refusals as of dashboard 5.13."""

from __future__ import annotations

from apps.core.pagination import paged
from apps.core.viewsets import ResourceViewSet
from apps.users.resources import USER_GROUPS


class UserGroupViewSet(ResourceViewSet):
    """User groups of the caller's organisation, the oldest first."""

    resource = USER_GROUPS
    pagination_class = paged("groups")
    operations = {
        "create": "Make a user group\nMake a group; the answer's ``Meta`` is the id.",
        "update": "Change a user group\nChange a group; a map that is left out stays.",
        "destroy": (
            "Delete a user group; its members stay\nDelete a group; its members fall back on their own permissions."
        ),
    }
    missing = {
        "": (404, "Could not retrieve user group detail"),
        "update": (400, "Group ID does not exist"),
        "destroy": (404, "Could not retrieve user detail"),  # so it is documented
    }
