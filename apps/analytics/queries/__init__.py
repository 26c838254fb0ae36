"""The read side of analytics: the only hand-written SQL that reads traffic, answering with dataclasses.

Every question takes the :class:`~apps.core.tenancy.Scope` it is asked in. A reader follows one from
``timeseries`` or ``breakdown`` (what is asked) through ``planner`` (which dimension answers), ``granularity``
(which level covers which part of the range) to ``aggregate_sql`` (the SQL of the rows).
"""

from apps.core.timeouts import QueryTimeout

from .breakdown import Order, breakdown, filter_options
from .courses import Course, courses
from .granularity import TooManyPoints
from .ledger import COUNTS as LEDGER_COUNTS
from .ledger import clocks_ahead, last_arrival, ledger
from .planner import needs_raw_records
from .records import Records, count, every_record, record, records
from .timeseries import first_record, last_record, series, totals
from .types import (
    Breakdown,
    BreakdownRow,
    FilterOptions,
    LedgerBucket,
    LogFilters,
    Point,
    Step,
    Totals,
    TrafficFilters,
    Window,
)

__all__ = [
    "LEDGER_COUNTS",
    "Breakdown",
    "BreakdownRow",
    "Course",
    "FilterOptions",
    "LedgerBucket",
    "LogFilters",
    "Order",
    "Point",
    "QueryTimeout",
    "Records",
    "Step",
    "TooManyPoints",
    "Totals",
    "TrafficFilters",
    "Window",
    "breakdown",
    "clocks_ahead",
    "count",
    "courses",
    "every_record",
    "filter_options",
    "first_record",
    "last_arrival",
    "last_record",
    "ledger",
    "needs_raw_records",
    "record",
    "records",
    "series",
    "totals",
]
