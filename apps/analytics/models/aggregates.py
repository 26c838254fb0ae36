"""Counts per organisation, time bucket, dimension and API, at four levels of time.

Rows are additive: a key may have several, readers always group, and merging rows never changes a
sum. A row is *pending* until it is also counted at the next coarser level, so whoever reads a
level adds the pending rows of the finer ones and is exact at every moment. ``rollup`` moves rows
from level to level, ``queries`` is the only reader.
"""

from __future__ import annotations

from django.db import models

from apps.analytics.querysets import CountQuerySet


class Aggregate(models.Model):
    """The columns that every level has. Times are in milliseconds.

    ``dimension`` is the code of ``apps.analytics.dimensions``. Minima leave error answers out
    unless all were errors. ``histogram`` is the text of ``apps.analytics.histogram``.
    """

    pk = models.CompositePrimaryKey("organisation", "bucket", "dimension", "api", "value", "detail")
    organisation = models.TextField()
    bucket = models.DateTimeField(help_text="The start of the time bucket.")
    dimension = models.SmallIntegerField()
    api = models.TextField()
    value = models.TextField()
    detail = models.TextField()
    name = models.TextField(help_text="The value in words: an API's name, a key's alias.")
    hits = models.BigIntegerField()
    successes = models.BigIntegerField(help_text="Answers 200 to 299.")
    errors = models.BigIntegerField(help_text="Answers from 400.")
    request_time = models.BigIntegerField()
    latency = models.BigIntegerField()
    upstream_latency = models.BigIntegerField()
    min_latency = models.BigIntegerField()
    max_latency = models.BigIntegerField()
    min_upstream_latency = models.BigIntegerField()
    max_upstream_latency = models.BigIntegerField()
    last_hit = models.DateTimeField()
    histogram = models.TextField()

    objects = CountQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.bucket:%F %R} {self.dimension} {self.api} {self.value} {self.detail}"


class MinuteAggregate(Aggregate):
    """What the pump appends; partitioned by day. Pending while its slice is not folded."""

    slice = models.BigIntegerField()

    class Meta:
        db_table = "analytics_minute"


class HourAggregate(Aggregate):
    """Folded minutes, and records too old for minute rows; partitioned by month."""

    pending = models.BooleanField()

    class Meta:
        db_table = "analytics_hour"


class DayAggregate(Aggregate):
    """Closed hours, merged."""

    pending = models.BooleanField()

    class Meta:
        db_table = "analytics_day"


class MonthAggregate(Aggregate):
    """Closed days, merged; the coarsest level, so never pending."""

    pending = models.BooleanField()

    class Meta:
        db_table = "analytics_month"
