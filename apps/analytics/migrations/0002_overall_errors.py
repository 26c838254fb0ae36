"""Errors of the whole organisation by status code, for traffic that was counted before they were."""

from __future__ import annotations

from django.db import migrations

_COUNT = """
INSERT INTO {table} (
    {own}, organisation, bucket, dimension, api, value, detail, name, hits, successes, errors, request_time, latency,
    upstream_latency, min_latency, max_latency, min_upstream_latency, max_upstream_latency, last_hit, histogram
)
SELECT {own}, organisation, bucket, 13, '', value, '', '', sum(hits), sum(successes), sum(errors), sum(request_time),
       sum(latency), sum(upstream_latency), min(min_latency), max(max_latency), min(min_upstream_latency),
       max(max_upstream_latency), max(last_hit), string_agg(histogram, ' ')
FROM {table} WHERE dimension = 4 AND errors > 0
GROUP BY {own}, organisation, bucket, value
"""


def _both(table: str, own: str) -> migrations.RunSQL:
    return migrations.RunSQL(_COUNT.format(table=table, own=own), f"DELETE FROM {table} WHERE dimension = 13")


class Migration(migrations.Migration):
    """Rows of a level stay pending or settled as those they are counted from."""

    dependencies = [("analytics", "0001_traffic")]

    operations = [
        _both("analytics_minute", "slice"),
        *(_both(f"analytics_{level}", "pending") for level in ("hour", "day", "month")),
    ]
