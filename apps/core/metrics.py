"""``/metrics``: figures for Prometheus, worked out when they are asked for.

``settings.METRICS_COLLECTORS`` names the collectors (dotted paths of classes with ``collect()``). They
read PostgreSQL and Redis, so any web process gives the same figures. One that hangs or fails costs its own only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from apps.core.deadlines import side_by_side
from apps.core.health import DEADLINE, for_monitoring

PATIENCE = DEADLINE + 1  # seconds: the readiness checks are figures too, and have their own deadline

logger = logging.getLogger(__name__)


class Collected(Collector):
    """What a collector gave, for Prometheus' registry."""

    def __init__(self, found: list[Metric]) -> None:
        self.found = found

    def collect(self) -> Iterable[Metric]:
        """Give the figures."""
        return self.found


@require_safe
@for_monitoring
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every collector's figures in Prometheus' text format."""
    runs = side_by_side({path: partial(_collect, path) for path in settings.METRICS_COLLECTORS}, PATIENCE)
    registry = CollectorRegistry()
    for path, run in runs.items():
        registry.register(Collected(_figures(path, run)))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _collect(path: str) -> list[Metric]:
    return list(import_string(path)().collect())


def _figures(path: str, run: Future[list[Metric]]) -> list[Metric]:
    """Give what a collector found; nothing if it failed or hangs."""
    if not run.done():
        logger.error("metrics collector %s did not answer within %.0f s", path, PATIENCE)
        return []
    if error := run.exception():
        logger.error("metrics collector %s failed", path, exc_info=error)
        return []
    return run.result()
