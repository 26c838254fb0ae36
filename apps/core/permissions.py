"""Which verbs a caller may use, asked in one way by every REST view.

The table of names and levels is ``apps.users.permissions``; callers answer from it through
``allows(name, level)``.
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class HasPermission(BasePermission):
    """Asks for the view's ``permission_object`` at the level of the method: reads ``read``, others ``write``.

    A ``permission_object`` of ``None`` asks for an administrator. A view that has none fails loudly.
    ``permission_levels`` maps an action to another level, for the few POSTs that only read.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the caller may use this method of this view."""
        if not request.user.is_authenticated:
            return False
        levels = getattr(view, "permission_levels", {})
        level = levels.get(getattr(view, "action", None)) or self.level_of(request.method or "")
        return bool(request.user.allows(view.permission_object, level))

    @staticmethod
    def level_of(method: str) -> str:
        """Give the level that an HTTP method needs."""
        return "read" if method in SAFE_METHODS else "write"
