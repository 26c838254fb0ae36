"""Who sees which traffic, and which screens and endpoints close to people who are limited to some APIs.

Everybody who may read ``analytics`` sees the traffic of the whole organisation, but whoever was also given
``owned_analytics`` is *limited*: to the APIs that they own or nobody owns. Traffic of an API that Weir has no row
of belongs to no owner, so limited people do not see it.

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


class Reach(Enum):
    """What limited people see of a subject."""

    BY_API = auto()  #: Their APIs' figures.
    MIXED = auto()  #: The same, but only with ``OWNED_ANALYTICS=filter``: else nothing.
    WHOLE = auto()  #: Nothing, ever: it counts organisations as a whole.


@dataclass(frozen=True)
class Subject:
    """What a screen, a panel or an endpoint tells of, in words, and what limited people see of that."""

    words: str
    reach: Reach


# The documented table of owned analytics: what is kept, limited to the APIs ...
REQUESTS = Subject("requests over time", Reach.BY_API)
APIS = Subject("activity by API", Reach.BY_API)
VERSIONS = Subject("versions of an API", Reach.BY_API)
ERRORS_OVER_TIME = Subject("errors over time", Reach.BY_API)
LOG = Subject("single requests", Reach.BY_API)
# ... and what is hidden.
ERRORS = Subject("error breakdown", Reach.MIXED)
ENDPOINTS = Subject("endpoint popularity", Reach.MIXED)
KEYS = Subject("activity by key", Reach.MIXED)
COUNTRIES = Subject("geographic distribution", Reach.MIXED)
CLIENTS = Subject("traffic per OAuth client", Reach.MIXED)
# What other dashboards do not have.
CHOICES = Subject("what can be filtered by", Reach.BY_API)
PIPELINE = Subject("what became of every record", Reach.WHOLE)

#: What figures tell of as soon as they are filtered by one of these.
FILTERED = {"key": KEYS, "oauth_client": CLIENTS, "country": COUNTRIES, "path": ENDPOINTS}


class Closed(ApplicationError):
    """Somebody limited to some APIs asks for more. ``words`` say so on screens."""

    status = 403
    words = ""


class NotTheirApi(Closed):
    """An API that the caller may not see was asked for by its id. Status and wording are the documented ones."""

    message = "User does not have access to the API with ID"
    words = "Your account sees the APIs that it owns or nobody owns, and this is none of them."


class NotShown(Closed):
    """A subject that the caller is not shown."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(f"Your account does not see {subject.words}")
        self.words = f"Your account sees some APIs only, and is not shown {subject.words}."


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


def shows(user: Caller, subject: Subject) -> bool:
    """Tell whether somebody who may read analytics is shown a subject at all."""
    if subject.reach is Reach.BY_API or not is_limited(user):
        return True
    return subject.reach is Reach.MIXED and settings.OWNED_ANALYTICS == "filter"


def check_subject(user: Caller, subject: Subject) -> None:
    """Refuse a subject that somebody is not shown. Raises ``NotShown``."""
    if not shows(user, subject):
        raise NotShown(subject)


def check_apis(scope: Scope, apis: Collection[str]) -> None:
    """Refuse APIs that a scope has not. Raises ``NotTheirApi``, whether there are such APIs or not."""
    if scope.apis is not None and not scope.apis.issuperset(apis):
        raise NotTheirApi
