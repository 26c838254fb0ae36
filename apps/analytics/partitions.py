"""Names and bounds of partitions: created ahead, dropped by retention, never a default one.

A record whose day has no partition is rejected with that reason (and can be replayed): a default
partition would swallow strays silently and stand in the way of later partitions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

log = logging.getLogger(__name__)

#: One maker of partitions at a time; any 64-bit number that no other lock uses.
PARTITIONS_LOCK = 0x7765_6972_0001

#: How far back the first partitions of a table go that is kept for ever: gateways may have waited for Weir.
_KEPT_BEFORE_THE_FIRST_START = timedelta(days=31)

#: Milliseconds that readers may keep a partition from being dropped; then the next round tries again.
DROP_LOCK_TIMEOUT = 5_000


@dataclass(frozen=True, slots=True)
class PartitionedTable:
    """A partitioned table: its unit of time, and what each partition carries for itself."""

    table: str
    unit: str
    index: str = ""

    def start_of(self, day: date) -> date:
        """The first day of the partition that holds ``day``."""
        return day if self.unit == "day" else day.replace(day=1)

    def end_of(self, start: date) -> date:
        """The first day after the partition that begins at ``start``."""
        if self.unit == "day":
            return start + timedelta(days=1)
        return (start + timedelta(days=32)).replace(day=1)

    def name(self, day: date) -> str:
        """The partition that holds ``day``."""
        return f"{self.table}_{self.start_of(day):%Y%m%d}"

    def day_of(self, name: str) -> date:
        """The first day of the partition of that name."""
        return datetime.strptime(name.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC).date()


#: The one unique index of the raw records stands on each partition: the parent could carry it
#: only with the timestamp in the key, which is wider and slower to write.
RECORDS = PartitionedTable("analytics_record", "day", "CREATE UNIQUE INDEX {name}_once ON {name} (organisation, id)")
MINUTES = PartitionedTable("analytics_minute", "day")
HOURS = PartitionedTable("analytics_hour", "month")


def existing(table: PartitionedTable) -> dict[date, str]:
    """Partitions of a table in order of time: first day to name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(%s) ORDER BY c.relname",
            [table.table],
        )
        return {table.day_of(name): name for (name,) in cursor.fetchall()}


def required(table: PartitionedTable, today: date) -> Iterator[date]:
    """First days of the partitions that should exist today: the retention, and some ahead."""
    day = table.start_of(oldest(table, today))
    last = today + timedelta(days=settings.ANALYTICS_PARTITIONS_AHEAD)
    while day <= last:
        yield day
        day = table.end_of(day)


def oldest(table: PartitionedTable, today: date) -> date:
    """The oldest day that is kept; of what is kept for ever, the first that there is."""
    months = settings.ANALYTICS_HOUR_MONTHS
    days = {
        RECORDS: settings.ANALYTICS_RAW_DAYS,
        MINUTES: settings.ANALYTICS_MINUTE_DAYS,
        HOURS: None if months is None else months * 31,
    }[table]
    if days is None:
        return _first(table) or today - _KEPT_BEFORE_THE_FIRST_START
    return today - timedelta(days=days)


def _first(table: PartitionedTable) -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(%s)",
            [table.table],
        )
        (name,) = cursor.fetchone()
        return table.day_of(name) if name else None


@dataclass(frozen=True, slots=True)
class MaintenanceResult:
    """What one round of upkeep did: names of partitions."""

    created: list[str]
    dropped: list[str]


def maintain(today: date | None = None) -> MaintenanceResult:
    """Make missing partitions and drop those past retention; may be run at any time, by anyone."""
    day = today or datetime.now(UTC).date()
    created: list[str] = []
    dropped: list[str] = []
    for table in (RECORDS, MINUTES, HOURS):
        created += _create_missing(table, day)
        dropped += _drop(table, day)
    return MaintenanceResult(created, dropped)


def _create_missing(table: PartitionedTable, today: date) -> list[str]:
    missing = set(required(table, today)) - set(existing(table))
    return [_create(table, day) for day in sorted(missing)]


def _create(table: PartitionedTable, start: date) -> str:
    name = table.name(start)
    # Built beside the table and then attached: writers of other days are not kept waiting.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITIONS_LOCK])
        if start in existing(table):
            return name
        cursor.execute(f"CREATE TABLE {name} (LIKE {table.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        if table.index:
            cursor.execute(table.index.format(name=name))
        bounds = f"FROM ('{start} 00:00+00') TO ('{table.end_of(start)} 00:00+00')"
        cursor.execute(f"ALTER TABLE {table.table} ATTACH PARTITION {name} FOR VALUES {bounds}")
    return name


def _drop(table: PartitionedTable, today: date) -> list[str]:
    keep = table.start_of(oldest(table, today))
    past = {day: name for day, name in existing(table).items() if day < keep}
    return [name for day, name in past.items() if not _needed(table, day) and _drop_one(name)]


def _needed(table: PartitionedTable, start: date) -> bool:
    """Minutes that no hour has yet are kept, however old."""
    end = datetime.combine(table.end_of(start), time(), UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM analytics_slice WHERE NOT folded AND first_bucket < %s)", [end])
        return table is MINUTES and bool(cursor.fetchone()[0])


def _drop_one(name: str) -> bool:
    """Drop a partition; False when a reader is in the way, and the next round tries again."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {DROP_LOCK_TIMEOUT}")
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
    except OperationalError as error:
        log.warning("%s is past its retention and could not be dropped: %s", name, error)
        return False
    return True
