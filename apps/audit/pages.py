"""One page of records: by keyset, which costs the same however far back it is, and by number for REST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from apps.audit.asked import Asked
from apps.audit.models import AuditRecord
from apps.audit.querysets import PATIENCE, AuditRecordQuerySet
from apps.core.exceptions import ApplicationError
from apps.core.pagination import PagedList, requested_page
from apps.core.timeouts import statement_timeout

SIZE = 50
#: Records of a search that have pages by number. To count all would be to read the whole log.
MOST_RECORDS = 10_000
#: Records that a list without pages holds; a file has all.
MOST_IN_ONE = 1_000


class TooFar(ApplicationError):
    """A page behind those that are counted."""

    message = f"The newest {MOST_RECORDS:,} records have pages; narrow the search, or download it"


class NumberedPages(PagedList):
    """The newest records of a search; with ``p`` of 0 or less the first ``MOST_IN_ONE`` of them."""

    results_key = "audit_logs"
    without_pages = f"the newest {MOST_IN_ONE:,}"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Give the records of the page asked for. Raises ``TooFar``."""
        page = requested_page(request)
        if page > 1 and (page - 1) * settings.PAGE_SIZE >= MOST_RECORDS:
            raise TooFar
        return super().paginate_queryset(queryset[: MOST_IN_ONE if page <= 0 else MOST_RECORDS], request, view)


@dataclass(frozen=True)
class RecordsPage:
    """Records, the newest first, and the query strings of the pages beside this one ("" for none)."""

    records: list[AuditRecord]
    newer: str
    older: str


def page_of(rows: AuditRecordQuerySet, asked: Asked) -> RecordsPage:
    """Give the page that is asked for. Raises ``QueryTimeout``."""
    with statement_timeout(PATIENCE):
        return _page(rows.matching(asked.sought).light(), asked)


def _page(matching: AuditRecordQuerySet, asked: Asked) -> RecordsPage:
    before, after = asked.place("before"), asked.place("after")
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
