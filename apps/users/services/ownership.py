"""What somebody owns, as the audit log keeps it when they are deleted."""

from __future__ import annotations

from apps.users.models import User, UserGroup


def owned_apis(owner: User | UserGroup) -> dict[str, list[str]]:
    """Give the ids of the APIs that somebody owns, as a field; they lose this owner when it is deleted."""
    owned = owner.userowner_set if isinstance(owner, User) else owner.groupowner_set
    return {"owned_apis": sorted(owned.values_list("content_object_id", flat=True))}
