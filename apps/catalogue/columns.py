"""What the cells of the list of APIs show."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.analytics import charts, formatting
from apps.analytics.templatetags.analytics import severity, share_bar
from apps.catalogue.filters import AUTHENTICATION, QUIET_AFTER, SHAPES
from apps.catalogue.owners import owners_of
from apps.core.columns import NOTHING
from apps.users.models import User

MAX_CHIPS, MAX_OWNERS = 2, 2
#: The range of the figures, in the words of the pages of traffic.
DAY = "?from=now-24h&to=now"


def name(api: Any) -> SafeString:
    """Name an API, with the path that it listens to; where there is little room, with its state too."""
    return format_html(
        '<a href="{}"><b>{}</b> <span class="code">{}</span></a><span class="second">{}</span>',
        reverse("api", args=[api.pk]), api.title, api.route, state(api),
    )  # fmt: skip


def shape(api: Any) -> str:
    """Say what type of API it is."""
    return SHAPES.get(api.shape, "")


def authentication(api: Any) -> str:
    """Say how callers are told apart."""
    return AUTHENTICATION.get(api.auth_type, "")


def categories(api: Any) -> SafeString:
    """Show its categories as chips, the first few."""
    chips = format_html_join(
        "",
        '<a class="tag" href="?category={}">{}</a>',
        ((quote(one, safe=""), one) for one in api.categories[:MAX_CHIPS]),
    )
    more = len(api.categories) - MAX_CHIPS
    return format_html('{} <span class="muted">+{}</span>', chips, more) if more > 0 else chips


def owners(actor: User) -> Any:
    """Give a cell that names who owns an API, as far as the actor may see people; else it says how many own it."""

    def cell(api: Any) -> str | SafeString:
        found = owners_of(api, actor)
        if found.is_closed:
            return format_html('<span class="warn">none left</span>')
        names = [owner.name for owner in found.named[:MAX_OWNERS]]
        more = len(found.named) - len(names) + found.others
        if not names:
            return f"{more} owner{'s' if more > 1 else ''}" if more else ""
        return ", ".join([*names, *([f"+{more}"] if more else [])])

    return cell


def state(api: Any) -> SafeString:
    """Say in what state it is for those who call it, and for those who count the calls."""
    if not api.active:
        return _state("Inactive", "off")
    if not api.is_logged:
        url = reverse("api", args=[api.pk]) + "#recording"
        title = "Gateways do not record its requests. Its page has the switch."
        return format_html('<a href="{}" title="{}">{}</a>', url, title, _state("Not logged", "bad"))
    if is_quiet(api):
        return format_html('<span title="Nobody called it for 30 days">{}</span>', _state("No traffic", "warning"))
    return _state("Active")


def _state(text: str, kind: str = "") -> SafeString:
    return format_html('<span class="state {}">{}</span>', kind, text)


def is_quiet(api: Any) -> bool:
    """Tell whether an API that is older was not called for some time, as far as whoever looks may know."""
    return api.knows_traffic and api.course is None and api.created_at < timezone.now() - QUIET_AFTER


def requests(api: Any) -> SafeString:
    """Show the requests of the last day beside those of others, and lead to them."""
    url = reverse("api-activity", args=[api.api_id]) + DAY
    if api.course is None or not api.course.hits:
        said = "none" if api.is_logged else "not logged"
        return format_html('<a href="{}"><span class="muted">{}</span></a>', url, said)
    number = formatting.count(api.course.hits)
    return format_html('{}<a href="{}"><span>{}</span></a>', share_bar(api.share), url, number)


def course(api: Any) -> SafeString:
    """Draw the requests of the last day."""
    if api.course is None or not api.course.hits:
        return SafeString(" ")
    lines = format_html_join("", '<polyline points="{}"/>', ((line,) for line in charts.sparkline(api.course.points)))
    return format_html(
        '<svg class="spark quiet" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">{}</svg>', lines
    )


def errors(api: Any) -> SafeString | str:
    """Give the share of errors among the requests of the last day."""
    if api.course is None or not api.course.hits:
        return NOTHING
    rate, number = api.course.error_rate, formatting.count(api.course.errors)
    return format_html(
        '<span class="{}" title="{} errors">{}</span>', severity(rate), number, formatting.percentage(rate)
    )
