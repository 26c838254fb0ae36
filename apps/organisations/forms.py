"""Forms of the staff site: organisations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.core.forms import RowForm, StrictJSONField
from apps.core.requests import Unstorable, read_json
from apps.organisations.models import Organisation
from apps.organisations.options import EVENT_MEMBERS, EVENTS, validate_additional_permissions, validate_object

CELLS = [(event, member) for event in EVENTS for member in EVENT_MEMBERS]
MEMBER_TITLES = {"webhook": "Web hook", "email": "E-mail address", "redis": "Redis"}
MEMBER_WIDGETS = {"webhook": forms.TextInput, "email": forms.EmailInput, "redis": forms.CheckboxInput}
MEMBER_FIELDS = {"webhook": forms.CharField, "email": forms.EmailField, "redis": forms.BooleanField}


class ObjectField(StrictJSONField):
    """A JSON object, written as JSON; empty when nothing is written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def validate(self, value: Any) -> None:
        """Refuse other JSON."""
        super().validate(value)
        validate_object(value)


class LabelsField(forms.CharField):
    """A map of names to labels, a line for each: ``name: label``. Maps that lines cannot say are shown as JSON."""

    widget: Any = forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "help_text": "One on a line: name: label", **options})

    def prepare_value(self, value: Any) -> Any:
        """Write a map as lines; what was just sent stays as it is."""
        if not isinstance(value, Mapping):
            return value
        lines = "\n".join(f"{name}: {label}" for name, label in value.items())
        return lines if _read_lines(lines.splitlines()) == value else json.dumps(value, ensure_ascii=False, indent=2)

    def to_python(self, value: Any) -> Any:
        """Read lines, or JSON."""
        text = (value or "").strip()
        if not text.startswith("{"):
            return _read_lines(text.splitlines())
        try:
            return read_json(text)
        except Unstorable as error:
            raise ValidationError("This is neither lines nor JSON: %(why)s", params={"why": error}) from error

    def validate(self, value: Any) -> None:
        """Refuse what is no map of texts."""
        super().validate(value)
        validate_additional_permissions(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare maps, not how they are written."""
        try:
            return bool(self.to_python(data) != (initial or {}))
        except ValidationError:
            return True


def _read_lines(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip(): label.strip() for name, _, label in pairs}


class EventOptionsWidget(forms.MultiWidget):
    """A row for each event, with what happens then."""

    template_name = "organisations/_event_options.html"

    def __init__(self) -> None:
        named: dict[str, forms.Widget | type[forms.Widget]] = {
            f"{event}_{member}": MEMBER_WIDGETS[member](
                attrs={"aria-label": f"{EVENTS[event]}: {MEMBER_TITLES[member]}"}
            )
            for event, member in CELLS
        }
        super().__init__(named)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Sort the inputs into rows."""
        context = super().get_context(name, value, attrs)
        cells, titles = iter(context["widget"]["subwidgets"]), list(MEMBER_TITLES.values())
        context["widget"]["titles"] = titles
        context["widget"]["rows"] = [(label, [(title, next(cells)) for title in titles]) for label in EVENTS.values()]
        return context

    def decompress(self, value: Mapping[str, Any] | None) -> list[Any]:
        """Spread the options over the inputs."""
        return [(value or {}).get(event, {}).get(member) for event, member in CELLS]


class EventOptionsField(forms.MultiValueField):
    """What happens at the events that Weir knows: ``{event: {member: value}}``, without what is empty."""

    widget: Any = EventOptionsWidget

    def __init__(self, **options: Any) -> None:
        fields = [MEMBER_FIELDS[member](required=False) for _, member in CELLS]
        super().__init__(fields, required=False, require_all_fields=False, **options)

    def compress(self, data_list: Sequence[Any]) -> dict[str, dict[str, Any]]:
        """Gather the inputs by event."""
        found: dict[str, dict[str, Any]] = {}
        for (event, member), value in zip(CELLS, data_list, strict=False):
            found.setdefault(event, {})[member] = value
        return {event: values for event, values in found.items() if any(values.values())}


class OrganisationForm(RowForm):
    """Make or change an organisation. Options that the form does not show are kept."""

    additional_permissions = LabelsField(help_text="One on a line: name: label. Without any, the site's apply.")
    event_options = EventOptionsField()
    open_policy = ObjectField(help_text='The organisation\'s rules: {"enabled": true, "rules": "…"}.')
    ui = ObjectField()
    org_options_meta = ObjectField()

    class Meta:
        model = Organisation
        fields: Sequence[str] = ()  # the admin names them

    def clean_event_options(self) -> dict[str, Any]:
        """Put what was chosen over what is stored: other events and other members stay."""
        chosen, stored = self.cleaned_data["event_options"] or {}, self.instance.event_options
        kept = {event: _without_members(values) for event, values in stored.items() if event in EVENTS}
        others = {event: values for event, values in stored.items() if event not in EVENTS}
        known = {event: {**kept.get(event, {}), **chosen.get(event, {})} for event in EVENTS}
        return {**others, **{event: values for event, values in known.items() if values}}


def _without_members(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in EVENT_MEMBERS}
