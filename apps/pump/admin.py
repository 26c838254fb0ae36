"""What the pump did, on the staff site: slices and ledger to be looked at, rejected records to be dealt with.

For super users: slices are of no organisation, and what could not be decoded may be anybody's traffic.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest

from apps.analytics.models import LedgerEntry, RejectedRecord, Slice
from apps.core.admin import NewestPaginator, ServiceAdmin
from apps.core.requests import user_of
from apps.pump import services

BEGINNING = 4_000  # bytes of a payload that are shown
#: Of a rejected record, in lists too.
SHOWN = ("rejected_at", "source", "organisation", "reason", "detail", "size")


class PumpAdmin(ServiceAdmin):
    """Rows that super users look at, the newest first."""

    ordering = ["-id"]
    paginator = NewestPaginator
    list_per_page = 50
    actions_on_bottom = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Give all rows: super users see every organisation, and nobody else comes as far as a row."""
        return admin.ModelAdmin.get_queryset(self, request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Nothing can be edited."""
        return self.fields or [field.name for field in self.opts.fields]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the heading to super users."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for a super user."""
        return super().has_view_permission(request, obj) and user_of(request).is_super_user


@admin.register(Slice)
class SliceAdmin(PumpAdmin):
    """Which parts of which lists were stored, and when."""

    list_display = [
        *("id", "source", "committed_at", "received", "stored", "duplicates", "rejected", "filtered", "folded"),
    ]
    list_filter = ["folded"]
    search_fields = ["source", "claim"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(PumpAdmin):
    """What was received for whom and what became of it, as the slices brought it."""

    list_display = [
        *("organisation", "hour", "received", "stored", "duplicates", "rejected", "filtered", "network"),
        *("tags_left_out", "texts_cut", "other_hits"),
    ]
    list_display_links = ["hour"]
    search_fields = ["=organisation"]


@admin.register(RejectedRecord)
class RejectedRecordAdmin(PumpAdmin):
    """What could not be stored; replayed once its cause is mended, or deleted."""

    list_display = SHOWN
    list_filter = ["reason", "rejected_at"]
    search_fields = ["=organisation", "source", "detail"]
    fields = [*SHOWN, "beginning"]
    actions = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the payloads where they are."""
        rows: QuerySet[Any] = super().get_queryset(request).defer("payload").annotate(size=Length("payload"))
        return rows

    @admin.display(description="Bytes", ordering="size")
    def size(self, record: Any) -> int:
        """Show how long the payload is."""
        return int(record.size)

    @admin.display(description="Payload")
    def beginning(self, record: RejectedRecord) -> str:
        """Show how the payload begins, a dot for each byte that is no letter."""
        return record.beginning(BEGINNING)

    @admin.action(description="Replay selected rejected records", permissions=["delete"])
    def replay(self, request: HttpRequest, chosen: QuerySet[RejectedRecord]) -> None:
        """Put them through the pump again; what is rejected again is a new record."""
        result = services.replay_rejected(chosen=chosen)
        stored = result.tried - result.still_rejected
        level = messages.WARNING if result.still_rejected else messages.SUCCESS
        self.message_user(request, f"{stored} of {result.tried} taken in.", level)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for a super user."""
        return self.has_view_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: RejectedRecord) -> None:
        """Delete it."""
        services.delete_rejected(chosen=RejectedRecord.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RejectedRecord]) -> None:
        """Delete those that were chosen."""
        services.delete_rejected(chosen=queryset)
