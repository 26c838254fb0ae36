"""The endpoints of an API: those of its document, with their traffic, and those that are called all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.analytics import queries
from apps.analytics.dimensions import ENDPOINT
from apps.analytics.queries.types import Totals
from apps.apis.models import Api
from apps.apis.oas.extension import EXTENSION, is_on, operation_id, operations, section
from apps.core.tenancy import Scope

DAY, YEAR = timedelta(days=1), timedelta(days=365)
#: Middleware of an operation → what its chip says.
MIDDLEWARE = {
    "allow": "allow",
    "block": "block",
    "ignoreAuthentication": "no authentication",
    "mockResponse": "mock",
    "validateRequest": "validate",
    "cache": "cache",
    "rateLimit": "rate limit",
    "requestSizeLimit": "size limit",
    "enforceTimeout": "timeout",
    "transformRequestHeaders": "request headers",
    "transformResponseHeaders": "answer headers",
    "transformRequestBody": "request body",
    "transformResponseBody": "answer body",
    "urlRewrite": "rewrite",
    "circuitBreaker": "circuit breaker",
    "virtualEndpoint": "virtual",
    "doNotTrackEndpoint": "not logged",
}
Key = tuple[str, str]
NO_TRAFFIC = Totals()


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: ``totals`` are of the last day, ``last_call`` is within a year; only tracked ones are counted."""

    method: str
    path: str
    operation: str = ""
    is_tracked: bool = False
    middleware: tuple[str, ...] = ()
    is_declared: bool = True
    totals: Totals = NO_TRAFFIC
    last_call: datetime | None = None
    share: float = 0.0

    @property
    def is_never_called(self) -> bool:
        """Whether it is counted and was not called within a year."""
        return self.is_tracked and self.last_call is None


def endpoints(api: Api, scope: Scope) -> list[Endpoint]:
    """Give the endpoints of the document, then those that are called beside them, each in order of requests."""
    now = timezone.now()
    day, year = (
        _traffic(api, scope, queries.Window(now - DAY, now)),
        _traffic(api, scope, queries.Window(now - YEAR, now)),
    )
    declared = dict(_declared(api))
    beside = {key: Endpoint(*key, is_declared=False, is_tracked=True) for key in year if key not in declared}
    most = max((totals.hits for totals in day.values()), default=0) or 1
    found = [_with_traffic(one, day.get(key), year.get(key), most) for key, one in {**declared, **beside}.items()]
    return sorted(found, key=lambda one: (not one.is_declared, -one.totals.hits, not one.last_call))


def _with_traffic(one: Endpoint, day: Totals | None, year: Totals | None, most: int) -> Endpoint:
    totals, last = day or NO_TRAFFIC, year.last_hit if year else None
    is_tracked = one.is_tracked or year is not None
    return replace(one, is_tracked=is_tracked, totals=totals, last_call=last, share=totals.hits / most)


def _traffic(api: Api, scope: Scope, window: queries.Window) -> dict[Key, Totals]:
    filters = queries.TrafficFilters(apis=(api.api_id,))
    rows = queries.breakdown(scope, window, ENDPOINT, filters, percentiles=True).rows
    return {(row.detail, row.value): row.totals for row in rows if not row.is_other}


def _declared(api: Api) -> Iterator[tuple[Key, Endpoint]]:
    if api.document is None:
        yield from _classic(api)
        return
    settings = section(api.document, EXTENSION, "middleware", "operations")
    for path, method, operation in operations(api.document):
        named = operation_id(path, method, operation)
        found = section(settings, named)
        chips = tuple(text for name, text in MIDDLEWARE.items() if _is_used(found, name))
        yield (method, path), Endpoint(method, path, named, is_on(section(found, "trackEndpoint")), chips)


def _is_used(settings: Mapping[str, Any], name: str) -> bool:
    return is_on(section(settings, name)) or isinstance(settings.get(name), list)


def _classic(api: Api) -> Iterator[tuple[Key, Endpoint]]:
    """A classic definition names only endpoints that something is done to; those that are tracked are counted."""
    versions = section(api.definition, "version_data", "versions")
    for name in versions:
        tracked = section(versions, name, "extended_paths").get("track_endpoints")
        for entry in tracked if isinstance(tracked, list) else []:
            if isinstance(entry, Mapping) and entry.get("disabled") is not True:
                method, path = str(entry.get("method", "")), str(entry.get("path", ""))
                yield (method, path), Endpoint(method, path, is_tracked=True)
