"""The read side of analytics: the only hand-written SQL that reads traffic, answering with dataclasses.

Every question takes the :class:`~apps.core.tenancy.Scope` it is asked in. A reader follows one from
``traffic`` or ``tables`` (what is asked) through ``selections`` (which dimension answers), ``levels``
(which level covers which part of the range) to ``sources`` (the SQL of the rows).
"""

from apps.core.timeouts import QueryTimeout

from .ledger import ledger
from .logs import Records, count, record, records
from .moments import first_record, last_record
from .results import Choices, Filters, LedgerHour, Point, RecordFilters, Row, Step, Table, Totals, Window
from .selections import from_single_requests
from .steps import TooManyPoints
from .tables import Order, available, breakdown
from .traffic import series, totals

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
    "from_single_requests",
    "last_record",
    "ledger",
    "record",
    "records",
    "series",
    "totals",
]
