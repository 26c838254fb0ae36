"""Deliveries on the staff site: to be looked at, and to be retried or deleted when they are dead."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.core.admin import NewestPaginator, ServiceAdmin
from apps.outbox import services
from apps.outbox.models import Delivery

SHOWN = ("created_at", "kind", "about", "status", "attempts", "last_error", "available_at", "organisation")


@admin.register(Delivery)
class DeliveryAdmin(ServiceAdmin):
    """Deliveries of the administrator's organisation; super users see all. What is delivered nobody reads here."""

    permission_object = None
    list_display = SHOWN
    list_filter = ["status", "kind"]
    search_fields = ["=id", "about", "last_error"]
    ordering = ["-id"]
    paginator = NewestPaginator
    actions = ["retry"]
    fields = [*SHOWN, "delivered_at", "id"]

    @admin.action(description="Retry those that are dead", permissions=["delete"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Try the dead ones again; the others are tried anyway, or were delivered."""
        again = sum(services.retry(delivery=delivery) for delivery in chosen)
        self.message_user(request, f"{again} tried again.", messages.SUCCESS if again else messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Delivery) -> None:
        """Delete it."""
        services.delete(delivery=obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Nothing can be edited."""
        return self.fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for an administrator."""
        return self.allows(request, "write")
