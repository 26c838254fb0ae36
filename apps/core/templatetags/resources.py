"""What the generic list of resources says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.db.models import Model
from django.utils.safestring import mark_safe

from apps.core.columns import Column
from apps.core.list_state import PAGE

register = template.Library()


@register.simple_tag
def cell(column: Column, row: Model) -> Any:
    """Write what a column shows of a row."""
    return column.render(row)


@register.simple_tag(takes_context=True)
def row_class(context: Mapping[str, Any], row: Model) -> str:
    """Write the class of a row that is not in use."""
    return "" if context["view"].is_in_use(row) else mark_safe(' class="off"')


@register.simple_tag(takes_context=True)
def sorted_by(context: Mapping[str, Any], column: str) -> str:
    """Give the query string that sorts the list by a column."""
    found: str = context["state"].sorted_by(column)
    return found


@register.simple_tag(takes_context=True)
def page_query(context: Mapping[str, Any], number: int) -> str:
    """Give the query string of a page of the list."""
    found: str = context["state"].query_string(**{PAGE: number})
    return found
