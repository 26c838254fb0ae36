"""Is Weir alive, and can it do its work?

``settings.READINESS_CHECKS`` names the checks (name → dotted path). A check returns nothing, or raises
``NotReady`` with the cause.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator
from functools import wraps

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from apps.core.redis import gateway_redis, own_redis

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
    for name, client in (("Redis", own_redis()), ("The gateways' Redis", gateway_redis())):
        try:
            client.ping()
        except RedisError as error:
            raise NotReady(f"{name} does not answer") from error


def failures() -> dict[str, str]:
    """Run every check: name → cause for those that failed."""
    found = {}
    for name, path in settings.READINESS_CHECKS.items():
        try:
            import_string(path)()
        except NotReady as reason:
            found[name] = str(reason)
        except Exception as error:
            # A check must not be able to take the answer away: an orchestrator needs one now.
            logger.exception("readiness check %s failed", name)
            found[name] = type(error).__name__
    return found


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
