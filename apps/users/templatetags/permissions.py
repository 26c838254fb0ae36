"""Permissions in words."""

from __future__ import annotations

from django import template

from apps.users import permissions
from apps.users.models import User
from apps.users.permissions import ADMIN, DENY, OBJECTS, READ, WRITE

register = template.Library()

LEVEL_LABELS = {READ: "read", WRITE: "read and write", ADMIN: "yes", DENY: "denied"}


@register.filter
def permission_label(permission: str) -> str:
    """Give a permission that a page asks for the name that screens have for it."""
    return OBJECTS[permission].label


@register.filter
def permission_levels(user: User) -> list[tuple[str, str]]:
    """Give what a user may do in words, (permission, level), in the order of the table; others come last."""
    given, order = user.permissions, list(OBJECTS)
    ranked = sorted(given, key=lambda name: (order.index(name) if name in OBJECTS else len(order), name))
    own = user.organisation.permission_labels if user.organisation else {}
    return [(permissions.permission_label(name, own), LEVEL_LABELS.get(given[name], given[name])) for name in ranked]
