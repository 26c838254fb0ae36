"""One page of records, by keyset: it costs the same however far back it is."""

from __future__ import annotations

from dataclasses import dataclass

from apps.audit.asked import Asked
from apps.audit.models import AuditRecord
from apps.audit.querysets import AuditRecordQuerySet

SIZE = 50


@dataclass(frozen=True)
class RecordsPage:
    """Records, the newest first, and the query strings of the pages beside this one ("" for none)."""

    records: list[AuditRecord]
    newer: str
    older: str


def page_of(rows: AuditRecordQuerySet, asked: Asked) -> RecordsPage:
    """Give the page that is asked for."""
    before, after = asked.place("before"), asked.place("after")
    matching = rows.matching(asked.sought).light()
    if after and not before:
        found = list(matching.filter(pk__gt=after).order_by("pk")[: SIZE + 1])
        records, has_newer, has_older = found[:SIZE][::-1], len(found) > SIZE, True
    else:
        found = list((matching.filter(pk__lt=before) if before else matching)[: SIZE + 1])
        records, has_newer, has_older = found[:SIZE], bool(before), len(found) > SIZE
    if not records:
        return RecordsPage([], "", "")
    newer = asked.query(after=records[0].pk, before="") if has_newer else ""
    return RecordsPage(records, newer, asked.query(before=records[-1].pk, after="") if has_older else "")
