"""Pages of records: by keyset, which costs the same however far back it is, and by number for REST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from apps.audit.models import AuditRecord
from apps.audit.querysets import SEARCH_TIMEOUT, AuditRecordQuerySet
from apps.core.exceptions import ApplicationError
from apps.core.ids import is_object_id
from apps.core.list_state import ListState, Paging
from apps.core.pagination import PagedList, requested_page
from apps.core.timeouts import statement_timeout

PAGE_SIZE = 50
#: Records of a search that have pages by number. To count all would be to read the whole log.
MAX_PAGED = 10_000
#: Records that a list without pages holds; a file has all.
MAX_UNPAGED = 1_000


#: The page goes on from a record: an older one, or a newer one.
BY_RECORD: Paging = {"before": is_object_id, "after": is_object_id}


class PageTooFar(ApplicationError):
    """A page behind those that are counted."""

    message = f"The newest {MAX_PAGED:,} records have pages; narrow the search, or download it"


class NewestPagination(PagedList):
    """The newest records of a search; with ``p`` of 0 or less the first ``MAX_UNPAGED`` of them."""

    results_key = "audit_logs"
    without_pages = f"the newest {MAX_UNPAGED:,}"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Give the records of the page asked for. Raises ``PageTooFar``."""
        page = requested_page(request)
        if page > 1 and (page - 1) * settings.PAGE_SIZE >= MAX_PAGED:
            raise PageTooFar
        return super().paginate_queryset(queryset[: MAX_UNPAGED if page <= 0 else MAX_PAGED], request, view)


@dataclass(frozen=True)
class KeysetPage:
    """Records, the newest first, and the query strings of the pages beside this one ("" for none)."""

    records: list[AuditRecord]
    newer: str
    older: str


def keyset_page(rows: AuditRecordQuerySet, state: ListState) -> KeysetPage:
    """Give the page that is asked for. Raises ``QueryTimeout``."""
    with statement_timeout(SEARCH_TIMEOUT):
        return _page(state.rows(rows).without_dumps(), state)


def _page(matching: AuditRecordQuerySet, state: ListState) -> KeysetPage:
    before, after = state.values.get("before"), state.values.get("after")
    if after and not before:
        found = list(matching.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
        records, has_newer, has_older = found[:PAGE_SIZE][::-1], len(found) > PAGE_SIZE, True
    else:
        found = list((matching.filter(pk__lt=before) if before else matching)[: PAGE_SIZE + 1])
        records, has_newer, has_older = found[:PAGE_SIZE], bool(before), len(found) > PAGE_SIZE
    if not records:
        return KeysetPage([], "", "")
    newer = state.restarted(after=records[0].pk) if has_newer else ""
    return KeysetPage(records, newer, state.restarted(before=records[-1].pk) if has_older else "")
