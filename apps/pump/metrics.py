"""What Prometheus is told about the pump."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from apps.analytics.models import LedgerEntry
from apps.analytics.pump_status import PumpStatus

from .status import pump_status

#: Rejected records are a gauge of their own: a replay takes them back, and no counter may fall.
OUTCOMES = ("stored", "duplicates", "filtered")


class PumpCollector:
    """Records by outcome since the beginning, and what waits now."""

    def collect(self) -> Iterator[Metric]:
        """Read the ledger and look at the pump."""
        yield self._records()
        status = pump_status()
        if not status.redis_error:
            # Nothing is better than a lag of 0 while nobody knows.
            yield from self._waiting(status)
        yield GaugeMetricFamily("weir_pump_rejected_records", "Rejected records that wait for a fix.", status.rejected)
        if status.last_commit:
            moment = status.last_commit.timestamp()
            yield GaugeMetricFamily(
                "weir_pump_last_commit_timestamp_seconds", "When a slice was committed last.", moment
            )

    def _waiting(self, status: PumpStatus) -> Iterator[Metric]:
        lists = GaugeMetricFamily("weir_pump_list_length", "Records in a gateway's list, unclaimed.", labels=["list"])
        for name, length in status.lists.items():
            lists.add_metric([name], length)
        yield lists
        claimed = sum(claim.length - claim.committed for claim in status.claims)
        yield GaugeMetricFamily("weir_pump_claimed_records", "Records claimed and not committed.", claimed)
        refused = len(status.refused)
        yield GaugeMetricFamily("weir_pump_refused_keys", "Keys in Redis that are passed over.", refused)
        lag = status.lag.total_seconds()
        yield GaugeMetricFamily("weir_pump_lag_seconds", "How long the oldest record waits in Redis.", lag)

    def _records(self) -> Metric:
        totals = LedgerEntry.objects.aggregate(**{outcome: Sum(outcome) for outcome in OUTCOMES})
        family = CounterMetricFamily("weir_pump_records", "Records taken from Redis, by outcome.", labels=["outcome"])
        for outcome in OUTCOMES:
            family.add_metric([outcome], totals[outcome] or 0)
        return family
