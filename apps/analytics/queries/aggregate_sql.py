"""SQL for the rows that answer a plan: one subquery that is exact at every moment.

A level's rows count everything but what is still *pending* at a finer level. So the rows of a range
are the rows of the level that covers it, and the pending rows of every finer level. All are read by
one statement, so they are of one moment.

Settled and pending rows have an index each, made for that condition: they are read by branches of
their own, which name it literally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from re import findall

from apps.analytics.caps import OTHER
from apps.analytics.dimensions import OVERALL, OVERALL_ERROR, STATUS, TOTAL
from apps.core.tenancy import Scope

from . import record_sql
from .coverage import Segment, cover, merge_adjacent, open_month
from .granularity import Level
from .planner import QueryPlan
from .record_sql import Bind
from .types import Window

#: Gives the name of a table expression that parts of a statement share: by what it is, and how it is written.
AddCte = Callable[[str, Callable[[], str]], str]

#: Dimensions whose minutes have an index by time: a day of quarters of an hour is drawn from them.
_TIME_INDEXED = (OVERALL, TOTAL, STATUS, OVERALL_ERROR)

ROW_COLUMNS = (
    "bucket, dimension, api, value, detail, name, hits, successes, errors, request_time, latency, upstream_latency,"
    " min_latency, max_latency, min_upstream_latency, max_upstream_latency, last_hit, histogram"
)


def rows(
    plan: QueryPlan,
    edges: Sequence[datetime],
    bind: Bind,
    add_cte: AddCte,
    *,
    by_value: bool = False,
    columns: str = ROW_COLUMNS,
) -> str:
    """A parenthesised subquery with ``columns``, or more, of the ranges between the edges.

    ``by_value`` is for those who go on to take the rows of a few values. Fewer columns are for those who read
    many rows: PostgreSQL writes each row of a branch anew. The subquery may need the table expression
    ``organisations`` (:data:`ORGANISATIONS_CTE`), and those it gives to ``add_cte``.
    """
    if plan.filters is not None:
        return f"({record_sql.rows(plan, plan.filters, Segment(Level.MINUTE, edges[0], edges[-1]), bind)})"
    conditions = _conditions(plan, bind)
    # The index by value holds no row without one, which the planner wants to be told.
    settled = "NOT pending AND value <> ''" if plan.value or by_value else "NOT pending"
    by_time = plan.dimension in _TIME_INDEXED
    branches = (
        branch
        for segments, pending, gate in _parts(plan, edges, bind, add_cte)
        for branch in _branches(segments, pending, settled, f"{conditions}{gate}", bind, columns, by_time=by_time)
    )
    return f"({' UNION ALL '.join(branches)})"


def _parts(
    plan: QueryPlan, edges: Sequence[datetime], bind: Bind, add_cte: AddCte
) -> Iterator[tuple[list[Segment], list[Segment], str]]:
    """What covers the ranges, where its pending rows are, and the condition under which.

    An unfinished month answers for its days so far, unless something is stamped later than these. Most of what
    is pending is so either way, and is read once.
    """
    month = open_month(edges)
    if month is None:
        segments = cover(edges)
        yield segments, _pending(segments), ""
        return

    def later_rows() -> str:
        rest, overall = cover([edges[-1], month.end]), _conditions(QueryPlan(plan.scope, OVERALL), bind)
        found = " UNION ALL ".join(_branches(rest, _pending(rest), "NOT pending", overall, bind))
        return f"SELECT EXISTS ({found}) AS is_there"

    name = add_cte(f"later than {edges[-1]}", later_rows)
    *before, end = edges
    if before[-1] < month.start:
        before.append(month.start)
    yield cover(before), _pending(cover([*before, end])), ""
    # Days and hours that do not lie in the range whole are finer ones there, but are in the month.
    last = (Segment(level, max(level, Level.HOUR).floor(end), end) for level in sorted(Level)[: Level.MONTH])
    yield [month], [span for span in last if span.start < end], f" AND NOT (SELECT is_there FROM {name})"
    yield cover([month.start, end]), [], f" AND (SELECT is_there FROM {name})"


def _pending(segments: Sequence[Segment]) -> list[Segment]:
    """The levels finer than those that cover a range, and where: what is pending there is not counted in these."""
    hours = _spans(segments, Level.HOUR)
    return [*_spans(segments, Level.DAY), *hours, *(replace(span, level=Level.MINUTE) for span in hours)]


def _branches(
    segments: Sequence[Segment],
    pending: Sequence[Segment],
    settled: str,
    conditions: str,
    bind: Bind,
    columns: str = ROW_COLUMNS,
    *,
    by_time: bool = False,
) -> Iterator[str]:
    for segment in segments:
        if segment.level is not Level.MINUTE:
            yield _branch(segment, f"{settled} AND {conditions}", bind, columns)
        elif by_time:
            yield _branch(segment, conditions, bind, columns)
        else:
            yield _branch(segment, _in_slices(segment, conditions, bind), bind, columns)
    for span in pending:
        if span.level is Level.MINUTE:
            yield _branch(span, _in_slices(span, conditions, bind, "NOT folded"), bind, columns)
        else:
            yield _branch(span, f"pending AND {conditions}", bind, columns)


def rows_at_level(plan: QueryPlan, level: Level, window: Window, bind: Bind) -> str:
    """A parenthesised subquery of the rows of one level alone; of minutes only those not folded yet."""
    conditions, span = _conditions(plan, bind), Segment(level, window.start, window.end)
    if level is Level.MINUTE:
        return f"({_branch(span, _in_slices(span, conditions, bind, 'NOT folded'), bind)})"
    branches = (_branch(span, f"{state} AND {conditions}", bind) for state in ("NOT pending", "pending"))
    return f"({' UNION ALL '.join(branches)})"


def rows_of_hours(plan: QueryPlan, hours: Sequence[datetime], bind: Bind, add_cte: AddCte) -> str:
    """A parenthesised subquery with :data:`ROW_COLUMNS`, of some full hours that are kept as such, in order of time."""
    listed = add_cte(f"hours from {hours[0]} to {hours[-1]}", lambda: f"SELECT unnest({_array(hours, bind)}) AS hour")
    among, conditions = f"= ANY(ARRAY(SELECT hour FROM {listed}))", _conditions(plan, bind)
    span = Segment(Level.HOUR, hours[0], Level.HOUR.next(hours[-1]))
    branches = [
        _branch(span, f"{state} AND {conditions} AND bucket {among}", bind) for state in ("NOT pending", "pending")
    ]
    minutes = Segment(Level.MINUTE, span.start, span.end)
    in_hour = f"date_trunc('hour', bucket, 'UTC') {among} AND {conditions}"
    branches.append(_branch(minutes, _in_slices(minutes, in_hour, bind, "NOT folded"), bind))
    return f"({' UNION ALL '.join(branches)})"


def _spans(segments: Sequence[Segment], level: Level) -> list[Segment]:
    """Ranges that a level or coarser ones cover, where its pending rows are to be added."""
    return merge_adjacent(Segment(level, part.start, part.end) for part in segments if part.level >= level)


def _branch(segment: Segment, conditions: str, bind: Bind, columns: str = ROW_COLUMNS) -> str:
    within = f"bucket >= {bind(segment.start)} AND bucket < {bind(segment.end)}"
    return f"SELECT {columns} FROM {segment.level.table} WHERE {conditions} AND {within}"


def _in_slices(span: Segment, conditions: str, bind: Bind, slices: str = "true") -> str:
    """Conditions for minutes that are found by their slices; those of most dimensions have no other index."""
    meets = f"last_bucket >= {bind(span.start)} AND first_bucket < {bind(span.end)}"
    return f"slice = ANY(ARRAY(SELECT id FROM analytics_slice WHERE {slices} AND {meets})) AND {conditions}"


def _conditions(plan: QueryPlan, bind: Bind) -> str:
    conditions = [organisation_condition(plan.scope, bind), f"dimension = {plan.dimension.code}"]
    if plan.apis is not None:
        conditions.append(f"api = ANY({bind(sorted(plan.apis))})")
    if plan.value:
        conditions.append(_is_one_of("value", [plan.value, *plan.more_values], OTHER, plan, bind))
    if plan.detail:
        conditions.append(_is_one_of("detail", [plan.detail], "", plan, bind))
    return " AND ".join(conditions)


def _is_one_of(column: str, values: Sequence[str], other: str, plan: QueryPlan, bind: Bind) -> str:
    values = [*values, other] if plan.with_other else values
    return f"{column} = {bind(values[0])}" if len(values) == 1 else f"{column} = ANY({bind(values)})"


def organisation_condition(scope: Scope, bind: Bind) -> str:
    """The condition of a scope's organisations. Every index begins with them, so all of them are named too."""
    if scope.organisation is None:
        return "organisation = ANY(ARRAY(SELECT organisation FROM organisations))"
    return f"organisation = {bind(scope.organisation)}"


def columns_in(*expressions: str) -> str:
    """The columns that expressions name."""
    words = set(findall(r"\w+", " ".join(expressions)))
    return ", ".join(name for name in ROW_COLUMNS.split(", ") if name in words)


def bucket_number(column: str, edges: Sequence[datetime], bind: Bind) -> str:
    """The number of the range between the edges, from 0, in which the time of a column lies."""
    return f"width_bucket({column}, {_array(edges[1:-1], bind)})"


def _array(moments: Sequence[datetime], bind: Bind) -> str:
    # As one text: the driver takes longer to write hundreds of times than the server to read them.
    written = ",".join(map(datetime.isoformat, moments))
    return f"{bind('{' + written + '}')}::timestamptz[]"


def _loose_index_scan(table: str, condition: str) -> str:
    """Different organisations of a table by leaps along an index that begins with them."""
    step = f"SELECT t.organisation FROM {table} t WHERE {condition}"
    return f"""SELECT organisation FROM (WITH RECURSIVE leap AS (
        ({step} ORDER BY t.organisation LIMIT 1) UNION ALL
        SELECT ({step} AND t.organisation > leap.organisation ORDER BY t.organisation LIMIT 1)
        FROM leap WHERE leap.organisation IS NOT NULL) SELECT organisation FROM leap) found"""


_IN_LEDGER = _loose_index_scan("analytics_ledgerentry", "true")
_IN_MONTHS = _loose_index_scan("analytics_month", "NOT pending")
# Organisations of traffic are free text, so they are found in the traffic itself: what is older than two
# days has months, what is younger is in the ledger.
ORGANISATIONS_CTE = f"organisations AS ({_IN_LEDGER} UNION {_IN_MONTHS})"
