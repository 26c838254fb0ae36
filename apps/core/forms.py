"""Forms of rows of an organisation, on pages and on the staff site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.organisations.models import Organisation
    from apps.users.models import User


class ActorModelForm(forms.ModelForm[Any]):
    """Make or change a row of an organisation. ``actor`` is who does it; Django's admin sets it on the class.

    Super users, and nobody else, say whose something new is; where it stays from then on.
    """

    actor: User
    organisation_required = True

    def __init__(self, *args: Any, actor: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.actor = actor or self.actor
        for field in self.fields.values():
            self._offer_visible(field)
        if "organisation" in self.fields:
            self._offer_organisation()

    def _offer_visible(self, field: forms.Field) -> None:
        """Offer only related rows that the actor may see: ids would leak through the choices."""
        if isinstance(field, forms.ModelChoiceField) and isinstance(field.queryset, TenantQuerySet):
            field.queryset = field.queryset.visible_to(self.actor)

    def _offer_organisation(self) -> None:
        if not self.may_choose_organisation:
            del self.fields["organisation"]
        elif self.organisation_required:
            self.fields["organisation"].required = True
            self.fields["organisation"].help_text = ""

    @property
    def may_choose_organisation(self) -> bool:
        """Whether the actor says whose the row is."""
        return self.actor.is_super_user and self.is_new

    @property
    def is_new(self) -> bool:
        """Whether the row is still to be made."""
        return bool(self.instance._state.adding)  # noqa: SLF001  (Django's documented way)

    @property
    def target_organisation(self) -> Organisation | None:
        """The organisation of the row, or of a new one unless the actor chooses another."""
        found: Organisation | None = self.actor.organisation if self.is_new else self.instance.organisation
        return found

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        """Put a new row into the actor's organisation, if they cannot choose one."""
        super()._post_clean()  # type: ignore[misc]
        if self.is_new and "organisation" not in self.fields:
            self.instance.organisation = self.actor.organisation


def changes_of(form: forms.BaseForm) -> dict[str, Any]:
    """Give the values of a valid form that are not what it began with, by the names of fields.

    Who writes back everything they loaded undoes what others wrote since: a revoked account would be active again.
    """
    return {name: form.cleaned_data[name] for name in form.changed_data}
