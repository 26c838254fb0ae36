"""The read side of analytics: the only hand-written SQL that reads traffic, answering with dataclasses.

Every question takes the :class:`~apps.core.tenancy.Scope` it is asked in. A reader follows one from
``timeseries`` or ``breakdown`` (what is asked) through ``planner`` (which dimension answers), ``granularity``
(which level covers which part of the range) to ``aggregate_sql`` (the SQL of the rows).
"""

from apps.core.timeouts import QueryTimeout

from .breakdown import Order, available, breakdown
from .ledger import ledger
from .moments import first_record, last_record
from .planner import needs_raw_records
from .records import Records, count, record, records
from .steps import TooManyPoints
from .timeseries import series, totals
from .types import Choices, Filters, LedgerHour, Point, RecordFilters, Row, Step, Table, Totals, Window

__all__ = [
    "Choices",
    "Filters",
    "LedgerHour",
    "Order",
    "Point",
    "QueryTimeout",
    "RecordFilters",
    "Records",
    "Row",
    "Step",
    "Table",
    "TooManyPoints",
    "Totals",
    "Window",
    "available",
    "breakdown",
    "count",
    "first_record",
    "last_record",
    "ledger",
    "needs_raw_records",
    "record",
    "records",
    "series",
    "totals",
]
