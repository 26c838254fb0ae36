"""What the admin classes of users and groups share: who edits."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.core.admin import TenantAdmin
from apps.users.models import User


def editor_of(request: HttpRequest) -> User:
    """Give the user who edits."""
    editor: Any = request.user
    user: User = editor
    return user


class EditedAdmin(TenantAdmin):
    """Rows whose form must know who edits: not everybody may write everything."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Tell the form who edits."""
        form: Any = super().get_form(request, obj, change, **options)
        form.actor = editor_of(request)
        return form
