"""Forms of users and user groups: on the staff site, and on the pages of whoever administers an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from apps.users.forms.permissions import PermissionsForm, shown_permissions
from apps.users.models import User, UserGroup
from apps.users.password_policy import current_policy
from apps.users.permissions import IS_ADMIN, RESET_PASSWORD


class UserForm(PermissionsForm):
    """Change an account.

    What only the holder of the admin secret gives (``ResetPassword``) is not shown, and stays as it is; so do
    permissions that nobody here knows. Who may not make administrators is not offered to.
    """

    required_message = "Choose at least one permission, or make them an administrator."
    organisation_required = False  # without one it is a super user's

    class Meta:
        model = User
        fields: Sequence[str] = (
            "email",
            "first_name",
            "last_name",
            "organisation",
            "group",
            "is_active",
            "is_staff",
            "user_permissions",
            "time_zone",
            "password_max_days",
            "must_change_password",
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        is_admin = not self.is_new and self.instance.is_admin
        self.initial["user_permissions"] = shown_permissions(self.instance.user_permissions, administrator=is_admin)
        self._offer_groups()

    @property
    def may_choose_organisation(self) -> bool:
        """Whether the actor says whose the account is; super users move them, too."""
        return self.actor.is_super_user

    def excluded_permissions(self) -> set[str]:
        """Hide what only the holder of the admin secret gives, and administrators from who may not make them."""
        is_admin = not self.is_new and self.instance.is_admin
        return {RESET_PASSWORD} if is_admin or self.actor.is_super_admin else {RESET_PASSWORD, IS_ADMIN}

    def _offer_groups(self) -> None:
        """Offer the groups of the account's organisation; to who chooses that too, every one they see."""
        field: Any = self.fields.get("group")
        if field is None:
            return
        field.empty_label = "No group"
        groups = UserGroup.objects.visible_to(self.actor).order_by("name", "pk")
        field.queryset = groups.filter(organisation=self.target_organisation) if self.target_organisation else groups

    def clean_email(self) -> str:
        """Lower the e-mail address, so that uniqueness does not depend on its case."""
        return str(self.cleaned_data["email"]).strip().lower()

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the e-mail address to the check below, which looks further than the organisation."""
        return super()._get_validation_exclusions() | {"organisation"}

    def _post_clean(self) -> None:
        """Refuse what does not fit together, once the account has its new values."""
        super()._post_clean()
        if self.errors:
            return
        is_moved = {"email", "organisation"}.intersection(self.changed_data)
        if is_moved and User.objects.with_same_email(self.instance).exists():
            self.add_error("email", "Another account has this e-mail address.")
        if self.instance.group and self.instance.group.organisation_id != self.instance.organisation_id:
            self.add_error("group", "This is a group of another organisation.")


class NewUserForm(UserForm):
    """Make an account."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        strip=False,
        max_length=4096,
        validators=[validate_password],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "password" in self.fields:
            words = ["Without one, nobody can log in until one is set.", *current_policy().descriptions()]
            self.fields["password"].help_text = " ".join(words)


class UserPageForm(UserForm):
    """Change an account of one's organisation, on the pages."""

    class Meta(UserForm.Meta):
        fields = (
            "email",
            "first_name",
            "last_name",
            "group",
            "is_active",
            "user_permissions",
            "password_max_days",
            "must_change_password",
        )


class NewUserPageForm(NewUserForm):
    """Make an account in one's organisation, on the pages; a super user says in which."""

    class Meta(NewUserForm.Meta):
        fields = ("organisation", *UserPageForm.Meta.fields)

    organisation_required = True


class UserGroupForm(PermissionsForm):
    """Make or change a group."""

    class Meta:
        model = UserGroup
        fields = ["organisation", "name", "description", "active", "user_permissions", "password_max_days"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
