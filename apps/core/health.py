"""Is Weir alive, and can it do its work?

``settings.READINESS_CHECKS`` names the checks (name → dotted path). A check returns nothing, or raises
``NotReady`` with the cause. What it asks may hang, so each has a deadline.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import wraps

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from apps.core.deadlines import side_by_side
from apps.core.redis import TIMEOUT, gateway_redis, own_redis

#: Where it is asked whether a process is alive, which nothing may keep it from saying, and how Weir is doing.
ALIVE_PATHS = frozenset({"/hello", "/health"})
MONITORING_PATHS = frozenset({"/ready", "/metrics"})
DEADLINE = 3.0  # seconds of a check: whoever asks gives up after five

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


class NotReady(Exception):
    """Something Weir depends on is away or behind; the text is the cause, for ``/ready``."""


def database() -> None:
    """Ask PostgreSQL for a number."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise NotReady("PostgreSQL does not answer") from error


def redis() -> None:
    """Ping the task queue's Redis and the gateways' one."""
    for name, client in (("Redis", own_redis()), ("The gateways' Redis", gateway_redis(TIMEOUT))):
        try:
            client.ping()
        except RedisError as error:
            raise NotReady(f"{name} does not answer") from error


def failures() -> dict[str, str]:
    """Run every check, none longer than ``DEADLINE``: name → cause for those that failed."""
    checks = {path: import_string(path) for path in settings.READINESS_CHECKS.values()}
    runs = side_by_side(checks, DEADLINE)
    causes = {name: _cause(name, runs[path]) for name, path in settings.READINESS_CHECKS.items()}
    return {name: cause for name, cause in causes.items() if cause}


def _cause(name: str, run: Future[None]) -> str:
    """Give why a check failed; "" if it did not."""
    if not run.done():
        return f"no answer within {DEADLINE:.0f} s"
    error = run.exception()
    if error is None or isinstance(error, NotReady):
        return str(error or "")
    # A check must not be able to take the answer away: an orchestrator needs one now.
    logger.error("readiness check %s failed", name, exc_info=error)
    return type(error).__name__


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process does; ``/hello`` and ``/health``."""
    return JsonResponse({"status": "ok", "version": settings.VERSION})


def for_monitoring(view: View) -> View:
    """Ask whoever comes for ``MONITORING_TOKEN``, where there is one."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        given, token = request.headers.get("Authorization", ""), settings.MONITORING_TOKEN
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return JsonResponse({"status": "not authorised"}, status=401, headers={"WWW-Authenticate": "Bearer"})
        return view(request)

    return guarded


@require_safe
@for_monitoring
def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when every check passes, else 503 with the causes."""
    failed = failures()
    checks = {name: failed.get(name, "ok") for name in settings.READINESS_CHECKS}
    return JsonResponse({"status": "unavailable" if failed else "ok", "checks": checks}, status=503 if failed else 200)


class ReadinessCollector:
    """``weir_ready{check="database"}``: 1 when the check passes, else 0."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Run the checks."""
        failed = failures()
        family = GaugeMetricFamily("weir_ready", "Whether a readiness check passes.", labels=["check"])
        for name in settings.READINESS_CHECKS:
            family.add_metric([name], 0 if name in failed else 1)
        yield family
