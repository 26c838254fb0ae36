"""Audit records as files: every record that is looked for, read while it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse

from apps.audit.querysets import AuditRecordQuerySet
from apps.audit.sinks import FIELDS, members
from apps.core.exports import attachment, csv_lines

CSV, JSON = "csv", "json"
NAME = "weir-audit-logs"
CHUNK = 1_000  # records read at once


def as_file(rows: AuditRecordQuerySet, kind: str, content_type: str = "") -> StreamingHttpResponse:
    """Give records as a CSV file (diff and dumps as text in cells) or as a JSON array."""
    if kind == CSV:
        return attachment(
            f"{NAME}.csv", csv_lines(["_id", *FIELDS], _cells(rows)), content_type or "text/csv; charset=utf-8"
        )
    return attachment(f"{NAME}.json", _array(rows), content_type or "application/json; charset=utf-8")


def _cells(rows: AuditRecordQuerySet) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=CHUNK):
        yield [row.pk, *(getattr(row, of) for of in FIELDS.values())]


def _array(rows: AuditRecordQuerySet) -> Iterator[str]:
    before = "["
    for row in rows.iterator(chunk_size=CHUNK):
        yield before + json.dumps({"_id": row.pk, **members(row)}, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[" else "]\n"
