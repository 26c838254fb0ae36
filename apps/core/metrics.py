"""``/metrics``: figures for Prometheus, worked out when they are asked for.

``settings.METRICS_COLLECTORS`` names the collectors (dotted paths of classes with ``collect()``). They
read PostgreSQL and Redis, so any web process gives the same figures.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from apps.core.health import for_monitoring

logger = logging.getLogger(__name__)


class SafeCollector(Collector):
    """A collector whose failure costs its own figures only."""

    def __init__(self, path: str) -> None:
        self.path = path

    def collect(self) -> Iterable[Metric]:
        """Give the figures, or none."""
        try:
            return list(import_string(self.path)().collect())
        except Exception:
            logger.exception("metrics collector %s failed", self.path)
            return []

    def describe(self) -> Iterable[Metric]:
        """Describe nothing beforehand, so that registering does not collect."""
        return []


@require_safe
@for_monitoring
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every collector's figures in Prometheus' text format."""
    registry = CollectorRegistry()
    for path in settings.METRICS_COLLECTORS:
        registry.register(SafeCollector(path))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
