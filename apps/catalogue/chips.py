"""Fields of several short texts, which pages show as chips: one line with commas where there is no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.widgets import Script

MAX_LENGTH = 255  # characters of one text
MAX_SUGGESTIONS = 500


class ChipsInput(forms.TextInput):
    """An input that the page's script turns into chips, with suggestions of what others have."""

    template_name = "catalogue/chips_input.html"
    suggestions: Sequence[str] = ()

    @property
    def media(self) -> forms.Media:
        """The script, which a page takes once."""
        return forms.Media(js=[Script("js/chips.js", type="module")])  # type: ignore[list-item]  # their stubs are older

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Give the suggestions too, the first few hundred."""
        context = super().get_context(name, value, {**(attrs or {}), "autocomplete": "off", "data-chips": True})
        context["widget"]["suggestions"] = self.suggestions[:MAX_SUGGESTIONS]
        return context


class ChipsField(forms.CharField):
    """Texts with commas between them; gives each once, in order."""

    widget = ChipsInput

    def __init__(self, *, suggestions: Iterable[str] = (), **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.suggestions = sorted(set(suggestions), key=str.casefold)

    def prepare_value(self, value: Any) -> Any:
        """Write them in one line."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Read them. Raises ``ValidationError`` for one that is too long."""
        found = _read(super().clean(value))
        for text in found:
            if len(text) > MAX_LENGTH:
                raise forms.ValidationError(f"“{text[:40]}…” has more than {MAX_LENGTH} characters.")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether others are given, or in another order."""
        return _read(self.prepare_value(initial) or "") != _read(data or "")


class KnownChipsField(ChipsField):
    """Names of things that are there: ``known`` is name → id, and the ids are what it gives."""

    def __init__(self, *, known: Mapping[str, str], **options: Any) -> None:
        super().__init__(suggestions=known, **options)
        self.known = known

    def clean(self, value: Any) -> list[str]:
        """Give the ids. Raises ``ValidationError`` for a name that nobody has."""
        names = super().clean(value)
        if unknown := [name for name in names if name not in self.known]:
            raise forms.ValidationError(f"Nobody here is called “{unknown[0]}”. Choose one of the suggestions.")
        return [self.known[name] for name in names]


def _read(text: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
