"""Who sees which traffic, and which screens and endpoints close to people who are limited to some APIs.

Everybody who may read ``analytics`` sees the traffic of the whole organisation, but whoever was also given
``owned_analytics`` is *limited*: to the APIs that they own or nobody owns. Traffic of an API that Weir has no row
of belongs to no owner, so limited people do not see it. Endpoints that are asked for one API by its id refuse it to
everybody who does not see that API, as the log browser does.

Older dashboards cannot tell most figures apart by API, and so hide them from limited people. Weir can, and hides
the same by default; the setting ``OWNED_ANALYTICS`` of ``filter`` shows all of them, limited.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.conf import settings

from apps.core.exceptions import ApplicationError
from apps.core.tenancy import Caller, Scope, scope_of


class Visibility(Enum):
    """What limited people see of a report."""

    LIMITED = auto()  #: Their APIs' figures.
    CONFIGURABLE = auto()  #: The same, but only with ``OWNED_ANALYTICS=filter``: else nothing.
    HIDDEN = auto()  #: Nothing, ever: it counts organisations as a whole.


@dataclass(frozen=True)
class Report:
    """What a screen, a panel or an endpoint tells of, and what limited people see of that."""

    name: str
    visibility: Visibility


# The documented table of owned analytics: what is kept, limited to the APIs ...
REQUESTS = Report("requests over time", Visibility.LIMITED)
APIS = Report("activity by API", Visibility.LIMITED)
VERSIONS = Report("versions of an API", Visibility.LIMITED)
ERRORS_OVER_TIME = Report("errors over time", Visibility.LIMITED)
LOG = Report("single requests", Visibility.LIMITED)
# ... and what is hidden.
ERRORS = Report("error breakdown", Visibility.CONFIGURABLE)
ENDPOINTS = Report("endpoint popularity", Visibility.CONFIGURABLE)
KEYS = Report("activity by key", Visibility.CONFIGURABLE)
COUNTRIES = Report("geographic distribution", Visibility.CONFIGURABLE)
CLIENTS = Report("traffic per OAuth client", Visibility.CONFIGURABLE)
# What other dashboards do not have.
FILTER_OPTIONS = Report("what can be filtered by", Visibility.LIMITED)
PIPELINE = Report("what became of every record", Visibility.HIDDEN)

#: What figures tell of as soon as they are filtered by one of these.
REPORT_OF_FILTER = {"key": KEYS, "oauth_client": CLIENTS, "country": COUNTRIES, "path": ENDPOINTS}


class ReportForbidden(ApplicationError):
    """Somebody limited to some APIs asks for more. ``explanation`` says so on screens."""

    status = 403
    explanation = ""


class ApiForbidden(ReportForbidden):
    """An API that the caller may not see was asked for by its id. Status and wording are the documented ones."""

    message = "User does not have access to the API with ID"
    explanation = "Your account sees the APIs that it owns or nobody owns, and this is none of them."


class ReportHidden(ReportForbidden):
    """A report that the caller is not shown."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"Your account does not see {report.name}")
        self.explanation = f"Your account sees some APIs only, and is not shown {report.name}."


def is_limited(user: Caller) -> bool:
    """Tell whether somebody sees the traffic of some APIs only.

    It takes ``owned_analytics`` beside ``analytics``, and ``ENABLE_OWNERSHIP``. Administrators see all that their
    organisation has, and super users belong to none that has APIs to own.
    """
    known: Any = user
    if not settings.ENABLE_OWNERSHIP or not user.is_authenticated or known.organisation_id is None:
        return False
    return known.allows("owned_analytics") and not known.allows(None)


def traffic_scope(user: Caller) -> Scope:
    """Give the traffic that somebody may see figures of; the log browser asks ``scope_of`` instead."""
    if is_limited(user) or not (user.is_authenticated and user.is_active):
        return scope_of(user)
    known: Any = user
    return Scope(known.organisation_id)


def can_see(user: Caller, report: Report) -> bool:
    """Tell whether somebody who may read analytics is shown a report at all."""
    if report.visibility is Visibility.LIMITED or not is_limited(user):
        return True
    return report.visibility is Visibility.CONFIGURABLE and settings.OWNED_ANALYTICS == "filter"


def check_report(user: Caller, report: Report) -> None:
    """Refuse a report that somebody is not shown. Raises ``ReportHidden``."""
    if not can_see(user, report):
        raise ReportHidden(report)


def check_apis(scope: Scope, apis: Collection[str]) -> None:
    """Refuse APIs that a scope has not. Raises ``ApiForbidden``, whether there are such APIs or not."""
    if scope.apis is not None and not scope.apis.issuperset(apis):
        raise ApiForbidden
