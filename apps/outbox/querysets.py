"""Sets of deliveries by where they stand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Count, Min, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.outbox.models import Delivery  # noqa: F401


class DeliveryQuerySet(TenantQuerySet["Delivery"]):
    """Deliveries; they hang on no API."""

    api_lookup = None

    def due(self) -> Self:
        """Keep what may be tried now: it is pending, and nobody is at it."""
        return self.filter(status=self.model.Status.PENDING, available_at__lte=timezone.now())

    def dead(self) -> Self:
        """Keep what was given up."""
        return self.filter(status=self.model.Status.DEAD)

    def delivered_before(self, moment: datetime) -> Self:
        """Keep what was delivered before a moment."""
        return self.filter(status=self.model.Status.DELIVERED, delivered_at__lt=moment)

    def in_turns(self) -> Self:
        """Order by age, one of each kind at a time: many of one kind do not keep the others waiting."""
        turn = Window(RowNumber(), partition_by="kind", order_by=["available_at", "pk"])
        return self.annotate(turn=turn).order_by("turn", "available_at", "pk")

    def backlog_by_kind(self) -> list[dict[str, Any]]:
        """Count by ``kind`` what is ``pending``, of that ``failing``, and ``dead``; ``oldest`` is of the pending."""
        pending = Q(status=self.model.Status.PENDING)
        counts = {
            "pending": Count("pk", filter=pending),
            "failing": Count("pk", filter=pending & ~Q(last_error="")),
            "dead": Count("pk", filter=Q(status=self.model.Status.DEAD)),
            "oldest": Min("created_at", filter=pending),
        }
        undelivered = self.filter(status__in=[self.model.Status.PENDING, self.model.Status.DEAD])
        rows: Any = undelivered.order_by("kind").values("kind").annotate(**counts)
        return list(rows)
