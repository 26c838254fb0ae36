"""Columns of list pages: what a cell shows of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

Cell = Callable[[Any], Any]
SUBTITLE_LENGTH = 90  # characters
NOTHING = format_html('<span class="muted">{}</span>', "–")


@dataclass(frozen=True)
class Column:
    """One column: its heading, and the attribute of a row, or the function of it, that a cell shows.

    ``sort`` are the fields it is sorted by, ``hide_narrow`` leaves it out on small screens, ``css`` is a class of its
    cells.
    """

    label: str
    cell: str | Cell
    sort: Sequence[str] = ()
    hide_narrow: bool = False
    css: str = ""
    classes: str = field(init=False)

    def __post_init__(self) -> None:
        names = filter(None, ["hide-narrow" if self.hide_narrow else "", self.css])
        object.__setattr__(self, "classes", " ".join(names))

    @property
    def slug(self) -> str:
        """What the column is called in URLs."""
        return self.label.lower().replace(" ", "_")

    def render(self, row: Model) -> Any:
        """Give what the cell of a row shows; a dash for nothing."""
        value = self.cell(row) if callable(self.cell) else getattr(row, self.cell)
        return NOTHING if value is None or value == "" else value


def link_to(route: str, title: str, subtitle: str = "") -> Cell:
    """Give a cell that leads to the page of its row, with attributes of the row as title and, in small, more of it."""

    def cell(row: Any) -> SafeString:
        more = Truncator(getattr(row, subtitle)).chars(SUBTITLE_LENGTH) if subtitle else ""
        return link(reverse(route, args=[row.pk]), getattr(row, title), more)

    return cell


def link(url: str, title: object, subtitle: object = "") -> SafeString:
    """Write the name of a row, which leads to its page, with more about it in small."""
    more = format_html(' <span class="subtitle">{}</span>', subtitle) if subtitle else ""
    return format_html('<a href="{}"><b>{}</b>{}</a>', url, title, more)


def state(active: bool, on: str = "Active", off: str = "Not active") -> SafeString | str:
    """Write whether something is in use."""
    return on if active else format_html('<span class="err">{}</span>', off)
