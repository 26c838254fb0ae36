"""Is Weir alive, and can it do its work?

``settings.READINESS_CHECKS`` names the checks (name → dotted path). A check returns nothing, or raises
``NotReady`` with the cause.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from apps.core.redis import gateway_redis, own_redis

logger = logging.getLogger(__name__)


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


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
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
