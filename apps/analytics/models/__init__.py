"""Traffic as it is stored: raw records, aggregates of four levels, and the ledger that proves them."""

from .aggregates import DayAggregate, HourAggregate, MinuteAggregate, MonthAggregate
from .ledger import ClosedHour, LedgerEntry, Slice
from .records import AnalyticsRecord, NetworkStatistic, RejectedRecord, UptimeRecord

__all__ = [
    "AnalyticsRecord",
    "ClosedHour",
    "DayAggregate",
    "HourAggregate",
    "LedgerEntry",
    "MinuteAggregate",
    "MonthAggregate",
    "NetworkStatistic",
    "RejectedRecord",
    "Slice",
    "UptimeRecord",
]
