"""What the audit log keeps of an account and of a group: plain values, and no secret."""

from __future__ import annotations

from typing import Any

from apps.users.models import User, UserGroup


def owned_apis(owner: User | UserGroup) -> dict[str, list[str]]:
    """Give the ids of the APIs that somebody owns, as a field; they lose this owner when it is deleted."""
    owned = owner.userowner_set if isinstance(owner, User) else owner.groupowner_set
    return {"owned_apis": sorted(owned.values_list("content_object_id", flat=True))}


def noted_user(user: User) -> dict[str, Any]:
    """Give the fields of an account that somebody may have changed."""
    return {
        "email_address": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "org_id": user.organisation_id or "",
        "active": user.is_active,
        "staff": user.is_staff,
        "user_permissions": dict(user.user_permissions),
        "group_id": user.group_id or "",
        "password_max_days": user.password_max_days,
        "must_change_password": user.must_change_password,
        "time_zone": user.time_zone,
    }
