"""Figures in templates, and URLs of the same page with other parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.analytics import access, formatting
from apps.analytics.dashboard_query import DashboardQuery
from apps.users.models import User

register = template.Library()

BAD_SHARE, DOUBTFUL_SHARE = 0.05, 0.025


@register.filter
def count(number: float) -> str:
    """A count with its thousands apart."""
    return formatting.count(number)


@register.filter
def milliseconds(number: float | None) -> str:
    """A latency with its unit."""
    return str(formatting.latency(number))


@register.filter
def percent(share: float) -> str:
    """A share in per cent."""
    return str(formatting.percentage(share))


@register.filter
def severity(error_rate: float) -> str:
    """The class of an error share: few, some, many."""
    if error_rate >= BAD_SHARE:
        return "err"
    return "warn" if error_rate >= DOUBTFUL_SHARE else ""


@register.filter
def ago(then: datetime | None) -> str:
    """How long ago something was."""
    return formatting.ago(then, timezone.now()) if then else "never"


@register.filter
def can_read(user: User, permission: str) -> bool:
    """Whether a user may read what a permission is about."""
    return user.allows(permission)


@register.filter
def can_see(user: User, report: str) -> bool:
    """Whether a user is shown a report of ``access``, which is named as there."""
    return user.allows("analytics") and access.can_see(user, getattr(access, report))


@register.simple_tag
def share_bar(share: float) -> SafeString:
    """A bar for a share of the largest row, drawn without any style attribute."""
    return format_html(
        '<svg class="share-bar" aria-hidden="true"><rect width="{}%" height="100%" rx="4"/></svg>', f"{share * 100:.1f}"
    )


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """The URL of this page with some parameters changed."""
    query: DashboardQuery = context["query"]
    return query.url(**changes)


@register.simple_tag(takes_context=True)
def toggle_view_url(context: Context) -> str:
    """The URL of this page with the chart as a table, or back."""
    query: DashboardQuery = context["query"]
    return query.url(table=not query.params.table)


@register.simple_tag(takes_context=True)
def page_url(context: Context, direction: int) -> str:
    """The URL of the page of the table before (−1) or after (1)."""
    query: DashboardQuery = context["query"]
    return query.url(page=query.params.page + direction)


@register.simple_tag(takes_context=True)
def sort_url(context: Context, column: str) -> str:
    """The URL of this table sorted by a column; a second press turns the order."""
    query: DashboardQuery = context["query"]
    first = column if column == "name" else f"-{column}"
    other = f"-{column}" if column == "name" else column
    return query.url(sort=other if query.params.sort == first else first)
