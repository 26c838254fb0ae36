"""Forms of rows of an organisation, on pages and on the staff site."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.fields import InvalidJSONInput
from django.http import QueryDict
from django.utils.functional import cached_property

from apps.core.preconditions import Revised, expect_revision
from apps.core.requests import Unstorable, made_storable, read_json
from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.organisations.models import Organisation
    from apps.users.models import User


#: The hidden field that says which version of a row a form began with.
REVISION = "revision"


class StrictJSONField(forms.JSONField):
    """JSON, read as strictly as that of REST: what could not be stored, or not shown again, is refused.

    What was sent stands in the form again as it was typed, and nothing is the empty object.
    """

    widget: Any = forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField code", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Write it in lines; what was just sent stays as it is."""
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(made_storable(value), ensure_ascii=False, indent=2)

    def to_python(self, value: Any) -> Any:
        """Read it. Raises ``ValidationError``."""
        if value in self.empty_values:
            return {}
        try:
            return read_json(value) if isinstance(value, str) else value
        except Unstorable as error:
            raise ValidationError(str(error)) from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Show what was just sent."""
        return initial if self.disabled or data is None else InvalidJSONInput(data)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare values, not how they are written."""
        try:
            return not self.disabled and bool(self.to_python(data) != (initial or {}))
        except ValidationError:
            return True


class RowForm(forms.ModelForm[Any]):
    """Make or change a row. Browsers end lines by CR LF, which is no change of a text and is not stored; nor are the
    blanks around a text that fields take away.

    ``refusal`` is what the service said to the same input: an error like others, below which the input stands again.
    Django's admin sets it on the class, and ``actor`` too: who makes the change.
    """

    actor: User
    refusal = ""

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__(_with_plain_line_ends(data), *args, **options)
        if isinstance(self.instance, Revised) and not self.is_new:
            hidden = forms.CharField(required=False, initial=self.instance.etag, widget=forms.HiddenInput)
            self.fields[REVISION] = hidden

    @cached_property
    def changed_data(self) -> list[str]:
        """Name the fields that are given another value."""
        return [name for name in super().changed_data if name != REVISION and not self._is_same_text(name)]

    def changes(self) -> dict[str, Any]:
        """Give what a valid form changes of the row, by the names of the row's fields."""
        return changes_of(self)

    @property
    def is_new(self) -> bool:
        """Whether the row is still to be made."""
        return bool(self.instance._state.adding)  # noqa: SLF001  (Django's documented way)

    def _is_same_text(self, name: str) -> bool:
        initial, field = self[name].initial, self.fields[name]
        if not (isinstance(initial, str) and isinstance(field, forms.CharField)):
            return False
        return not field.has_changed(field.to_python(_plain(initial)), self[name].data)

    def _get_validation_exclusions(self) -> set[str]:  # Django's hook
        """Look at the organisation of constraints too: it is known, whether the form shows it or not."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded if "organisation" in self.fields else excluded - {"organisation"}

    def _update_errors(self, errors: ValidationError) -> None:  # Django's hook
        """Show what is wrong with fields that the form does not have above all fields."""
        known = errors.error_dict if hasattr(errors, "error_dict") else {NON_FIELD_ERRORS: errors.error_list}
        shown: dict[str, list[Any]] = {}
        for name, found in known.items():
            shown.setdefault(name if name in self.fields else NON_FIELD_ERRORS, []).extend(found)
        super()._update_errors(ValidationError(shown))  # type: ignore[misc]

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        super()._post_clean()  # type: ignore[misc]
        if self.refusal:
            self.add_error(None, self.refusal)
        if REVISION in self.fields:
            self._check_revision(self.cleaned_data.get(REVISION) or self.instance.etag)

    def _check_revision(self, begun: str) -> None:
        """Tell who else changed the row since the form was shown, and what; whoever saves once more has seen it.

        A form that says no version is held to the one that its fields were compared with.
        """
        expect_revision(self.instance, begun)
        if changed := self.instance.changed_since(begun, self.actor):
            sent: Any = self.data  # a copy of our own
            sent[self.add_prefix(REVISION)] = self.instance.etag
            told = f"{changed.in_words}, or save once more: what stands here counts then."
            self.add_error(None, [told, *changed.differences])


def _with_plain_line_ends(data: Any) -> Any:
    if not isinstance(data, QueryDict):
        return data
    plain = data.copy()
    for name, values in data.lists():
        plain.setlist(name, [_plain(value) if isinstance(value, str) else value for value in values])
    return plain


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


class ActorModelForm(RowForm):
    """Make or change a row of an organisation.

    Super users, and nobody else, say whose something new is; where it stays from then on.
    """

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
    def target_organisation(self) -> Organisation | None:
        """The organisation of the row, or of a new one unless the actor chooses another."""
        found: Organisation | None = self.actor.organisation if self.is_new else self.instance.organisation
        return found

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        """Put a new row into the actor's organisation, if they cannot choose one."""
        if self.is_new and "organisation" not in self.fields:
            self.instance.organisation = self.actor.organisation
        super()._post_clean()


@dataclass(frozen=True)
class Fieldset:
    """Some fields of a form, side by side (``columns``), below each other (``few``), bare (""), or under a legend."""

    names: Sequence[str]
    layout: str = "columns"
    legend: str = ""


def changes_of(form: forms.BaseForm) -> dict[str, Any]:
    """Give the values of a valid form that are not what it began with, by the names of fields.

    Who writes back everything they loaded undoes what others wrote since: a revoked account would be active again.
    """
    return {name: form.cleaned_data[name] for name in form.changed_data}
