"""Forms of identity providers on the staff site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet

from apps.core.forms import RowForm
from apps.sso.models import GroupMapping, IdentityProvider

OTHERS = "This group belongs to another organisation."


class ProviderForm(RowForm):
    """An identity provider. The secret goes in and never comes out.

    ``problem`` is what is wrong with how the provider describes itself; one that is not active may be away.
    """

    problem = ""

    secret = forms.CharField(
        label="Client secret",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Sealed when it is stored, never shown. Leave it empty to keep the one there is.",
    )
    forget_secret = forms.BooleanField(
        label="Forget the secret", required=False, help_text="For a public client, which shows none and has PKCE only."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a default group of another organisation, and two wishes about the secret."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        organisation, group = cleaned.get("organisation") or self.instance.organisation_id, cleaned.get("default_group")
        if group and organisation and group.organisation_id != getattr(organisation, "pk", organisation):
            self.add_error("default_group", OTHERS)
        if cleaned.get("secret") and cleaned.get("forget_secret"):
            self.add_error("forget_secret", "Either give a secret or have it forgotten.")
        is_asked = {"issuer", "discovery_url"} & set(self.changed_data) and cleaned.get("is_active")
        if self.problem and is_asked and not self.errors:
            self.add_error("discovery_url" if cleaned.get("discovery_url") else "issuer", self.problem)
        return cleaned

    @property
    def wanted_secret(self) -> str | None:
        """The secret to store, "" for none, ``None`` to keep what there is."""
        if self.cleaned_data["forget_secret"]:
            return ""
        return self.cleaned_data["secret"] or None


class MappingForms(BaseInlineFormSet[GroupMapping, IdentityProvider, Any]):
    """The mappings of a provider: every row offers the same groups, which are asked for once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._choices: list[Any] | None = None

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer the groups; once the organisation is known, only its own."""
        super().add_fields(form, index)
        field = form.fields["group"]
        if self.instance.organisation_id:
            field.queryset = field.queryset.filter(organisation=self.instance.organisation_id)
        if self._choices is None:
            self._choices = list(field.choices)
        field.choices = self._choices

    def wanted(self) -> list[tuple[str, Any]]:
        """Give the mappings that are to be stored: claim value and group."""
        kept = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        return [(row["value"], row["group"]) for row in kept if row.get("value") and row.get("group")]
