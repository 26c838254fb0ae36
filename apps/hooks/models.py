"""Webhooks that gateways call on events, and the log of what Weir itself has sent."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from apps.audit.models import AuditedModel
from apps.core.documents import DocumentField
from apps.core.ids import ObjectIdField
from apps.hooks.querysets import MessageQuerySet, WebhookQuerySet
from apps.organisations.models import Organisation, OrganisationModel

MOST_SECONDS = 2**31 - 1  # what a gateway holds


class Webhook(OrganisationModel, AuditedModel):
    """Where a gateway sends events of an API. APIs hold a copy of it, which follows its changes.

    ``webhook_id`` is the name that APIs of OpenAPI documents call it by.
    """

    class Method(models.TextChoices):
        """The methods that gateways know for it."""

        POST = "POST"
        PUT = "PUT"
        PATCH = "PATCH"
        GET = "GET"
        DELETE = "DELETE"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=255, blank=True)
    method = models.CharField(max_length=8, choices=Method, default=Method.POST)
    target_path = models.TextField("URL")
    template_path = models.TextField(
        "template", blank=True, help_text="A file on the gateway's machine; without one it sends its own JSON."
    )
    header_map = DocumentField("headers", default=dict, blank=True)
    event_timeout = models.PositiveIntegerField(
        "pause", default=0, help_text="Seconds in which a gateway does not send the same event again."
    )
    webhook_id = models.CharField(
        "webhook ID",
        max_length=255,
        blank=True,
        db_collation="C",
        help_text="A new webhook without one is given one.",
    )

    audit_fields = ["name", "method", "target_path", "template_path", "header_map", "event_timeout", "webhook_id"]

    objects = WebhookQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "webhook_id"], condition=~models.Q(webhook_id=""), name="webhook_id_once"
            )
        ]

    def __str__(self) -> str:
        return self.name_or_url

    @property
    def name_or_url(self) -> str:
        """What lists call it."""
        return self.name or self.target_path

    @property
    def as_handler(self) -> dict[str, Any]:
        """What an event handler of an OpenAPI document holds of it."""
        return {
            "name": self.name,
            "url": self.target_path,
            "method": self.method,
            "bodyTemplate": self.template_path,
            "headers": [{"name": name, "value": value} for name, value in self.header_map.items()],
        }

    @property
    def as_copy(self) -> dict[str, Any]:
        """What an API holds of it, and REST shows: no other member, for clients refuse those they do not know."""
        return {
            "api_model": {},
            "id": self.pk,
            "org_id": self.organisation_id,
            "name": self.name,
            "method": self.method,
            "target_path": self.target_path,
            "template_path": self.template_path,
            "header_map": self.header_map,
            "event_timeout": self.event_timeout,
            "webhook_id": self.webhook_id,
        }


class Message(models.Model):
    """Something that Weir sends to a URL of others, and how that went: the log of deliveries.

    It is what Standard Webhooks call a message: its id stays the same however often it is tried. The outbox tries it.
    """

    class Status(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "On its way"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = ObjectIdField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=64, help_text="What it is about: webhook/5f…")
    event = models.CharField(max_length=64)
    url = models.TextField("URL")
    method = models.CharField(max_length=8, default=Webhook.Method.POST)
    headers = models.TextField(blank=True, help_text="Encrypted: they may be secret.")
    secrets = models.TextField(blank=True, help_text="What it is signed with, encrypted.")
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField("last attempt", null=True)
    milliseconds = models.PositiveIntegerField("took", null=True)
    answer_status = models.PositiveSmallIntegerField("answer", null=True)
    answer = models.TextField("answer's body", blank=True)
    problem = models.TextField(blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "subject", "-id"], name="message_of_subject")]

    def __str__(self) -> str:
        return f"{self.event} to {self.url}"
