"""The ledger: what was taken from Redis and what became of it, to the record."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from apps.analytics.querysets import LedgerQuerySet


class Slice(models.Model):
    """A part of a claim, committed with its records in one transaction.

    Its existence is the progress of the claim: elements ``start`` to ``stop`` (exclusive) are in.
    The counts obey ``received = stored + duplicates + rejected + filtered``.
    """

    id = models.BigAutoField(primary_key=True)
    claim = models.TextField()
    start = models.BigIntegerField()
    stop = models.BigIntegerField()
    source = models.TextField(help_text="The Redis list that was claimed.")
    received = models.BigIntegerField()
    stored = models.BigIntegerField()
    duplicates = models.BigIntegerField()
    rejected = models.BigIntegerField()
    filtered = models.BigIntegerField(help_text="Left out because the settings say so.")
    first_bucket = models.DateTimeField(null=True, help_text="Oldest minute with a row of this slice.")
    last_bucket = models.DateTimeField(null=True, help_text="Newest minute with a row of this slice.")
    minute_rows = models.BigIntegerField(default=0, db_default=0, help_text="Rows of minutes it has.")
    last_record = models.DateTimeField(null=True, help_text="Newest record stored.")
    committed_at = models.DateTimeField()
    folded = models.BooleanField(default=False, help_text="Its minutes are in the hour rows too.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "start"], name="analytics_slice_once")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(folded=False), name="analytics_slice_unfolded"),
            models.Index(fields=["last_bucket"], name="analytics_slice_last_bucket"),
            models.Index(fields=["committed_at"], name="analytics_slice_committed"),
        ]

    def __str__(self) -> str:
        return f"{self.claim} {self.start}–{self.stop}"


class LedgerEntry(models.Model):
    """What one slice brought for one organisation and one hour of its records' time (UTC).

    Additive: entries of the same hour are merged by the roll-up. Payloads that tell no time count
    in the hour in which they came, those that tell no organisation under "".
    """

    organisation = models.TextField(blank=True)
    hour = models.DateTimeField()
    received = models.BigIntegerField()
    stored = models.BigIntegerField()
    duplicates = models.BigIntegerField()
    rejected = models.BigIntegerField()
    filtered = models.BigIntegerField()
    network = models.BigIntegerField(help_text="Of the stored records, those of network statistics.")
    tags_left_out = models.BigIntegerField(
        default=0, db_default=0, help_text="Tags of stored records beyond the cap, neither kept nor counted."
    )
    texts_cut = models.BigIntegerField(
        default=0, db_default=0, help_text="Texts of stored records that are longer than what they are counted by."
    )
    other_hits = models.BigIntegerField(
        default=0, db_default=0, help_text="Requests counted under rare values, once for each dimension."
    )
    arrived_at = models.DateTimeField(null=True, help_text="When its newest stored records came.")
    ahead = models.FloatField(
        default=0,
        db_default=0,
        help_text="Seconds that the newest record was later than its arrival: a clock is ahead.",
    )

    objects = LedgerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "hour"], name="analytics_ledger_hour")]
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return f"{self.organisation} {self.hour:%F %R}"

    @classmethod
    def of_other_hits(cls, organisation: str, hour: datetime, count: int) -> LedgerEntry:
        """An entry of requests that count under rare values by now, and of no records; not saved."""
        outcomes = ("received", "stored", "duplicates", "rejected", "filtered", "network")
        return cls(organisation=organisation, hour=hour, other_hits=count, **dict.fromkeys(outcomes, 0))


class ClosedHour(models.Model):
    """An hour whose aggregates were proved against its raw records.

    ``ledger`` is the number of stored records the proof covered: when the ledger says more, the
    hour got late records and is proved again.
    """

    organisation = models.TextField(blank=True)
    hour = models.DateTimeField()
    ledger = models.BigIntegerField(help_text="Stored records of the hour, by the ledger.")
    records = models.BigIntegerField(help_text="Requests of the hour, by the raw records.")
    hits = models.BigIntegerField(help_text="Requests of the hour, by the aggregates as found.")
    proved_at = models.DateTimeField()
    repaired_at = models.DateTimeField(null=True, help_text="When the aggregates were written again.")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "hour"], name="analytics_closed_hour_once")]

    def __str__(self) -> str:
        return f"{self.organisation} {self.hour:%F %R}"
