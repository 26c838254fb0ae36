"""What the demo remembers: how much of its history was written."""

from __future__ import annotations

from django.db import models

from apps.core.tenancy import TenantQuerySet
from apps.demo.load_profile import HistoryProfile
from apps.organisations.models import Organisation


class HistoryQuerySet(TenantQuerySet["History"]):
    """Histories of organisations."""

    api_lookup = None


class History(models.Model):
    """The days before the demo was started, and how many of them are in Redis or beyond.

    It stands in the database that holds the traffic, so that both live and go together. What
    decides the records (where the history ends, its length, the rate it leads up to) is fixed when
    it begins: a history that was interrupted goes on with the very bytes it would have had.
    """

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    until = models.BigIntegerField(help_text="Seconds since 1970 at which it ends.")
    days = models.PositiveIntegerField(help_text="Whole days before the one in which it ends.")
    live_rate = models.FloatField(help_text="Requests per second that follow; 0 when none do.")
    written = models.PositiveIntegerField(default=0, help_text="Days written so far, newest first.")

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "histories"

    def __str__(self) -> str:
        return f"{self.written} of {self.days + 1} days of {self.organisation_id}"

    @property
    def is_complete(self) -> bool:
        """Whether the oldest day is written too."""
        return self.written > self.days

    @property
    def profile(self) -> HistoryProfile:
        """What the traffic of these days is like."""
        return HistoryProfile(self.until, self.days, self.live_rate)

    def mark_written(self, written: int) -> None:
        """Remember how many days are written."""
        self.written = written
        self.save(update_fields=["written"])
