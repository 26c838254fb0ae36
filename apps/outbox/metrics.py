"""What Prometheus is told about the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from apps.outbox.handlers import kinds
from apps.outbox.models import Delivery, DeliveryTally

NOTHING: dict[str, Any] = {"pending": 0, "dead": 0, "oldest": None}


class OutboxCollector:
    """Deliveries by kind: what waits, since when, what was given up, and how many attempts went well or not."""

    def collect(self) -> Iterator[Metric]:
        """Count what is not delivered, and read the tally of what was."""
        yield from self._backlog()
        delivered = CounterMetricFamily("weir_outbox_delivered", "Deliveries that went well.", labels=["kind"])
        failed = CounterMetricFamily("weir_outbox_failed", "Attempts that failed.", labels=["kind"])
        for tally in DeliveryTally.objects.order_by("kind"):
            delivered.add_metric([tally.kind], tally.delivered)
            failed.add_metric([tally.kind], tally.failed)
        yield from (delivered, failed)

    def _backlog(self) -> Iterator[Metric]:
        now = timezone.now()
        pending = GaugeMetricFamily("weir_outbox_pending", "Deliveries that are not made yet.", labels=["kind"])
        oldest = GaugeMetricFamily("weir_outbox_oldest_seconds", "Age of the oldest of them.", labels=["kind"])
        dead = GaugeMetricFamily("weir_outbox_dead", "Deliveries that were given up.", labels=["kind"])
        found = {counts["kind"]: counts for counts in Delivery.objects.backlog_by_kind()}
        for kind in sorted(found.keys() | kinds()):
            counts = found.get(kind, NOTHING)
            pending.add_metric([kind], counts["pending"])
            oldest.add_metric([kind], (now - (counts["oldest"] or now)).total_seconds())
            dead.add_metric([kind], counts["dead"])
        yield from (pending, oldest, dead)
