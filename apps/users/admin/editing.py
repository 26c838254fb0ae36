"""What the admin classes of users and groups share: who edits, and refusals that are told instead of failing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.core.errors import Refused
from apps.core.staff import TenantAdmin
from apps.users.models import User


def editor_of(request: HttpRequest) -> User:
    """Give the user who edits."""
    editor: Any = request.user
    user: User = editor
    return user


class EditedAdmin(TenantAdmin):
    """Rows that services write, which may refuse: the editor is told, and nothing is written."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Tell the form who edits."""
        form: Any = super().get_form(request, obj, change, **options)
        form.editor = editor_of(request)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show or take the form."""
        try:
            return super().changeform_view(request, *args, **options)
        except Refused as refusal:
            return self.refused(request, refusal)

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Ask, then delete."""
        try:
            return super().delete_view(request, *args, **options)
        except Refused as refusal:
            return self.refused(request, refusal)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show the list, or take an action."""
        try:
            return super().changelist_view(request, *args, **options)
        except Refused as refusal:
            return self.refused(request, refusal)

    def refused(self, request: HttpRequest, refusal: Refused) -> HttpResponse:
        """Tell the editor why not, on the page they came from."""
        self.message_user(request, refusal.message.removeprefix("access denied: "), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
