"""Deliveries: effects outside PostgreSQL that are written in the transaction of a change and happen after it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.core.ids import ObjectIdField
from apps.outbox.querysets import DeliveryQuerySet


class Delivery(models.Model):
    """Something that must reach somebody outside of PostgreSQL: a mail, later a notice or a webhook call.

    It is pending until its handler returns without an error. Whoever tries it takes a lease: ``available_at`` moves
    on, so that nobody else is at it, and comes back by itself when the worker is killed. After the last attempt it is
    dead, and kept until somebody retries or deletes it.
    """

    class Status(models.TextChoices):
        """Where a delivery stands."""

        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"

    id = ObjectIdField()
    kind = models.CharField(max_length=64, help_text="Which handler delivers it.")
    organisation = models.CharField(max_length=24, blank=True, db_collation="C")
    about = models.CharField(max_length=254, blank=True, help_text="Whom or what it is for, without secrets.")
    payload = models.TextField(blank=True, help_text="What the handler is given, encrypted; emptied once delivered.")
    coalescing_key = models.CharField(
        max_length=200, blank=True, help_text="What deliveries of one kind share that may be put together or in order."
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField("next attempt", default=timezone.now, help_text="Nobody tries it before.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField("created", default=timezone.now)
    delivered_at = models.DateTimeField("delivered", null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["available_at"], condition=models.Q(status="pending"), name="outbox_due"),
            models.Index(fields=["kind"], condition=models.Q(status__in=["pending", "dead"]), name="outbox_open"),
            models.Index(fields=["delivered_at"], condition=models.Q(status="delivered"), name="outbox_delivered"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}".strip()


class DeliveryTally(models.Model):
    """How many deliveries of a kind went well, and how many attempts failed, since the beginning.

    Deliveries themselves are deleted some time after they went well, and what Prometheus counts may not fall.
    """

    kind = models.CharField(max_length=64, primary_key=True)
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind}: {self.delivered} delivered"
