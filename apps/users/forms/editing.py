"""What the forms of accounts and of user groups share: who edits, and the grid of permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.organisations.models import Organisation
from apps.users.forms.permissions import PermissionRow, hidden_permissions
from apps.users.models import User

if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelForm = forms.ModelForm  # generic in its type stubs only


class EditedForm(AnyModelForm):
    """Make or change a row of an organisation. ``editor`` is who does it; Django's admin sets it on the class.

    ``rows`` are the permissions that the grid shows.
    """

    editor: User
    rows: list[PermissionRow]

    def __init__(self, *args: Any, editor: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.editor = editor or self.editor

    @property
    def is_new(self) -> bool:
        """Whether the row is still to be made."""
        return bool(self.instance._state.adding)  # noqa: SLF001  (Django's documented way)

    @property
    def target_organisation(self) -> Organisation | None:
        """The organisation of the row, or of a new one unless the editor chooses another."""
        return self.editor.organisation if self.is_new else self.instance.organisation

    def clean_user_permissions(self) -> dict[str, str]:
        """Keep what the grid does not show, and refuse to give more than the editor has."""
        given: dict[str, str] = self.cleaned_data["user_permissions"]
        whole = {**hidden_permissions(self.instance.user_permissions, self.rows), **given}
        if not self.editor.may_grant(whole):
            raise forms.ValidationError("You cannot give permissions that you do not have.")
        return whole

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        """Put a new row into the editor's organisation, if they cannot choose one."""
        super()._post_clean()  # type: ignore[misc]
        if self.is_new and "organisation" not in self.fields:
            self.instance.organisation = self.editor.organisation


def offer_organisation(form: Any) -> None:
    """Let super users, and nobody else, say whose something new is; it has to be somebody's."""
    if form.editor.is_super_user:
        form.fields["organisation"].required = True
        form.fields["organisation"].help_text = ""
    else:
        del form.fields["organisation"]
