"""What a batch means for the ledger: every record of it counted once, under its outcome. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from apps.analytics.models import LedgerEntry, NetworkStatistic

from .batch import Batch


def bounds(frame: pl.DataFrame, column: str) -> tuple[datetime | None, datetime | None]:
    """Smallest and largest time of a column, in UTC; None when there are no rows."""
    low, high = frame[column].min(), frame[column].max()
    return _utc(low), _utc(high)


def _utc(time: object) -> datetime | None:
    return time.replace(tzinfo=UTC) if isinstance(time, datetime) else None


def entries(batch: Batch, now: datetime) -> Iterator[LedgerEntry]:
    """Ledger entries of a batch, one per organisation and hour of its records.

    Records without a usable time count in the hour of ``now``.
    """
    here = now.astimezone(UTC).replace(tzinfo=None)
    outcomes = [
        _labelled(batch.records, "stored"),
        _labelled(batch.records.filter(pl.col("status") == -1), "network"),
        _labelled(batch.duplicates, "duplicates"),
        _labelled(batch.filtered, "filtered"),
        _rejected(batch, here),
    ]
    counts: dict[tuple[str, datetime], dict[str, int]] = {}
    for organisation, hour, outcome, count in (
        pl.concat(outcomes).group_by("organisation", "hour", "outcome").len().iter_rows()
    ):
        counts.setdefault((organisation, hour), {})[outcome] = count
    for (organisation, hour), by_outcome in sorted(counts.items()):
        received = sum(count for outcome, count in by_outcome.items() if outcome != "network")
        yield _entry(organisation, hour, received, by_outcome)


def _entry(organisation: str, hour: datetime, received: int, by_outcome: dict[str, int]) -> LedgerEntry:
    outcomes = ("stored", "duplicates", "rejected", "filtered", "network")
    return LedgerEntry(
        organisation=organisation,
        hour=hour.replace(tzinfo=UTC),
        received=received,
        **{outcome: by_outcome.get(outcome, 0) for outcome in outcomes},
    )


def _labelled(frame: pl.DataFrame, outcome: str) -> pl.DataFrame:
    return frame.select("organisation", hour=pl.col("timestamp").dt.truncate("1h"), outcome=pl.lit(outcome))


def _rejected(batch: Batch, now: datetime) -> pl.DataFrame:
    # The hour of a refused record would be its own, but the aggregates do not have it either.
    organisations = [one.organisation for one in batch.rejected]
    hours = pl.Series("hour", [now] * len(organisations), dtype=pl.Datetime("us")).dt.truncate("1h")
    return pl.DataFrame([pl.Series("organisation", organisations, dtype=pl.String), hours]).with_columns(
        outcome=pl.lit("rejected")
    )


def network_statistics(records: pl.DataFrame) -> Iterator[NetworkStatistic]:
    """Connections and bytes of TCP APIs by minute, from the records with status −1."""
    part = pl.col("details")
    counters = {
        "open_connections": "OpenConnections",
        "closed_connections": "ClosedConnection",
        "bytes_in": "BytesIn",
        "bytes_out": "BytesOut",
    }
    statistics = (
        records.filter(pl.col("status") == -1)
        .group_by("organisation", bucket=pl.col("timestamp").dt.truncate("1m"), api="api_id")
        .agg(
            pl.len().alias("records"),
            *(
                part.str.json_path_match(f"$.network.{field}")
                .cast(pl.Int64, strict=False)
                .fill_null(0)
                .sum()
                .alias(name)
                for name, field in counters.items()
            ),
        )
    )
    for row in statistics.iter_rows(named=True):
        yield NetworkStatistic(**row | {"bucket": row["bucket"].replace(tzinfo=UTC)})
