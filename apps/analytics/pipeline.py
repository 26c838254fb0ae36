"""What each panel of the page about the pipeline holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db.models import Count, Max

from apps.analytics import access, formatting, pump_status, queries
from apps.analytics.charts import labels
from apps.analytics.dashboard_query import DashboardQuery
from apps.analytics.exports import CsvExport
from apps.analytics.models import ClosedHour, RejectedRecord
from apps.analytics.panels import Context
from apps.analytics.pump_status import PumpStatus
from apps.analytics.queries.types import LedgerBucket, Step
from apps.outbox.models import Delivery

#: Drains that may be missed before that is worth a word: one can be late, or long.
MISSED_DRAINS = 6
SAMPLES = 5
SAMPLE_BYTES = 240


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, what follows from it, and what helps."""

    title: str
    text: str


def state(query: DashboardQuery) -> Context:
    """What waits in Redis, how old it is, and every problem in words."""
    pipeline = pump_status.current()
    rejected = RejectedRecord.objects.within(query.scope).count()
    ledger = _ledger(query)
    differing = [hour for hour in ledger if hour.stored - hour.network != hour.hits]
    return {
        "pipeline": pipeline,
        "last_record": queries.last_arrival(query.scope),
        "rejected": rejected,
        "problems": [*_redis_problems(pipeline), *_table_problems(pipeline, rejected, len(differing)), *_clocks(query)],
        "capped": _capped(ledger),
        "limit": settings.LAG_LIMIT,
        "delay": settings.PUMP_PURGE_DELAY,
    }


def _capped(ledger: list[LedgerBucket]) -> list[str]:
    """What caps did to the records of a range, in words, with the variable that says how much is let through."""
    said = (
        ("tags_left_out", "tags beyond the first of their record were left out", "PUMP_MAX_TAGS"),
        ("texts_cut", "texts are counted by their beginning, or were too large to be kept", "PUMP_MAX_VALUE_BYTES"),
        ("other_hits", "counts are of values too rare to be counted apart", "PUMP_MAX_VALUES"),
    )
    sums = ((sum(getattr(hour, name) for hour in ledger), text, variable) for name, text, variable in said)
    return [f"{count:,} {text} ({variable})" for count, text, variable in sums if count]


def _redis_problems(pipeline: PumpStatus) -> Iterator[Problem]:
    if pipeline.redis_error:
        text = "Nothing can be taken, and gateways cannot write there either; each keeps its records as long as it can."
        yield Problem("The gateways’ Redis does not answer", f"{text} ({pipeline.redis_error})")
        return
    yield from _refusals(pipeline)
    if pipeline.enrichment_fault:
        text = "Records are stored without what cannot be found. Replace the file of PUMP_GEO_IP_DB_PATH"
        yield Problem("Places cannot be looked up", f"{text}: {pipeline.enrichment_fault}")
    idle = (pipeline.at - pipeline.last_commit).total_seconds() if pipeline.last_commit else None
    if pipeline.waiting and (idle is None or idle > MISSED_DRAINS * settings.PUMP_PURGE_DELAY):
        since = "yet" if idle is None else f"for {idle:,.0f} s"
        text = "Is a worker running that serves the queue “pump”, and the beat? Nothing is lost meanwhile."
        yield Problem(f"{pipeline.waiting:,} records wait, and nothing was stored {since}", text)
    elif pipeline.late:
        text = f"The limit is {settings.LAG_LIMIT:g} s. More workers drain faster."
        yield Problem(f"The pump is {pipeline.lag.total_seconds():,.0f} s behind", text)


def _refusals(pipeline: PumpStatus) -> Iterator[Problem]:
    """Keys that are passed over, those with one reason together."""
    for refusal, found in groupby(sorted(pipeline.refused.items(), key=itemgetter(1, 0)), key=itemgetter(1)):
        first, *others = [name for name, _ in found]
        title = f"{first} and {len(others)} more keys are" if others else f"{first} is"
        text = (
            f"{refusal}. Everything else is taken. Mend or delete the key, or permit Weir’s user of Redis to take it."
        )
        yield Problem(f"{title} passed over", " ".join([text, ", ".join(others)]).strip())


def _table_problems(pipeline: PumpStatus, rejected: int, differing: int) -> Iterator[Problem]:
    if pipeline.missing_partitions:
        text = (
            "Records of that day will be rejected, and can be replayed. “bin/manage partitions” makes what is missing."
        )
        yield Problem(f"There is no partition {' and no '.join(pipeline.missing_partitions)}", text)
    if differing:
        hours = "an hour" if differing == 1 else f"{differing} hours"
        text = "Closed hours are counted again from their records within the hour; the table below says which differ."
        yield Problem(f"The aggregates of {hours} differ from what was stored", text)
    if rejected:
        records = "record was" if rejected == 1 else "records were"
        text = "They are kept whole. Once the cause is mended, “bin/manage replay_rejected” puts them in again."
        yield Problem(f"{rejected:,} {records} rejected", text)


def _clocks(query: DashboardQuery) -> Iterator[Problem]:
    for organisation, ahead in queries.clocks_ahead(query.scope).items():
        text = (
            "Its records are stored under the time it says, so charts that end now do not show the newest yet."
            " Let the gateways set their clocks by NTP."
        )
        whose = f" of {organisation or 'no organisation'}" if query.scope.organisation is None else ""
        yield Problem(f"The clock of a gateway{whose} is {formatting.length(ahead)} ahead", text)


@dataclass(frozen=True)
class LedgerRow:
    """One line of the ledger, and the proof of its closed hours."""

    label: str
    ledger: LedgerBucket
    proof: str
    is_proved: bool

    @property
    def difference(self) -> int:
        """Requests the aggregates have too many (or, negative, too few)."""
        return self.ledger.hits - (self.ledger.stored - self.ledger.network)

    @property
    def lost(self) -> int:
        """Records received that are nowhere; zero, or something is wrong."""
        one = self.ledger
        return one.received - one.stored - one.duplicates - one.rejected - one.filtered


def hours(query: DashboardQuery) -> Context:
    """The ledger by hour (or by day, over long ranges), newest first, without what had no records."""
    entries = _ledger(query)
    starts = [entry.start for entry in entries]
    proofs = _proofs(query, starts)
    names = labels(starts, _step(query), query.range.zone)
    rows = [
        LedgerRow(name.replace(f" {query.now.year}", ""), entry, *_proof(proofs[at], query))
        for at, (name, entry) in enumerate(zip(names, entries, strict=True))
        if entry.received or entry.hits
    ]
    return {"rows": rows[::-1], "unit": "Hour" if _step(query) == "hour" else _step(query).title()}


def _step(query: DashboardQuery) -> Step:
    return "hour" if query.range.step in {"minute", "quarter_hour"} else query.range.step


def _ledger(query: DashboardQuery) -> list[LedgerBucket]:
    return queries.ledger(query.scope, query.window, _step(query), query.range.zone)


def _proofs(query: DashboardQuery, starts: list[datetime]) -> list[list[ClosedHour]]:
    """The proved hours of each bucket."""
    found: list[list[ClosedHour]] = [[] for _ in starts]
    if not starts:
        return found
    proved = ClosedHour.objects.within(query.scope).filter(hour__gte=starts[0], hour__lt=query.window.end)
    at = 0
    for one in proved.order_by("hour"):
        while at + 1 < len(starts) and one.hour >= starts[at + 1]:
            at += 1
        found[at].append(one)
    return found


def _proof(proved: list[ClosedHour], query: DashboardQuery) -> tuple[str, bool]:
    """What the proofs of a bucket say in words, and whether there are any."""
    if not proved:
        return "", False
    repaired = [one.repaired_at for one in proved if one.repaired_at]
    if repaired:
        when = formatting.local_time(max(repaired).astimezone(query.range.zone))
        return f"counted again, {when}", True
    return "proved", True


def rejected(query: DashboardQuery) -> Context:
    """Rejected records by reason; samples of them for super users only, for they show other people's traffic."""
    rows = RejectedRecord.objects.within(query.scope)
    counts = rows.values("reason").annotate(count=Count("id"), last=Max("rejected_at")).order_by("-count")
    words = dict(RejectedRecord.Reason.choices)
    return {
        "reasons": [{**one, "words": words.get(one["reason"], one["reason"])} for one in counts],
        "samples": [_Sample.of(one) for one in rows.order_by("-id")[:SAMPLES]] if _sees_all(query) else [],
    }


def _sees_all(query: DashboardQuery) -> bool:
    return query.scope.organisation is None and query.scope.apis is None


@dataclass(frozen=True)
class _Sample:
    """A rejected record as it is shown: where from, why, and how its payload begins."""

    rejected_at: datetime
    source: str
    detail: str
    beginning: str
    bytes: int

    @classmethod
    def of(cls, record: RejectedRecord) -> _Sample:
        beginning = record.beginning(SAMPLE_BYTES)
        return cls(record.rejected_at, record.source, record.detail, beginning, len(record.payload))


def deliveries(query: DashboardQuery) -> Context:
    """Deliveries by kind that are not made yet or were given up, with links for whoever may read them as staff."""
    backlog = Delivery.objects.within(query.scope).backlog_by_kind()
    return {"backlog": backlog, "has_links": query.user.is_staff and query.user.is_admin}


PANELS: dict[str, Callable[[DashboardQuery], Context]] = {
    "state": state,
    "hours": hours,
    "rejected": rejected,
    "deliveries": deliveries,
}

#: What each panel tells of. None is about one API: records that could not be read belong to none.
REPORTS = dict.fromkeys(PANELS, access.PIPELINE)


def export_hours(query: DashboardQuery) -> CsvExport:
    """The ledger as a table, oldest first; its times in the page's zone."""
    names = (*queries.LEDGER_COUNTS, "hits")
    rows = (
        [
            entry.start.astimezone(query.range.zone).isoformat(timespec="seconds"),
            *(getattr(entry, one) for one in names),
        ]
        for entry in _ledger(query)
    )
    return CsvExport(f"ledger-by-{_step(query)}", ("start", *names), rows)


CSV_EXPORTS: dict[str, Callable[[DashboardQuery], CsvExport]] = {"hours": export_hours}
