"""Where records go: the database, a file, or nowhere; and to whoever downloads them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.querysets import AuditRecordQuerySet
from apps.core.escaping import escape_controls
from apps.core.exports import attachment, csv_lines
from apps.core.requests import made_storable

logger = logging.getLogger(__name__)

#: The names of the fields outside, in the order of the dashboard's documentation (5.13).
PUBLIC_NAMES = {
    "req_id": "request_id",
    "org_id": "organisation",
    "date": "date",
    "timestamp": "unix",
    "ip": "ip",
    "user": "user",
    "action": "action",
    "method": "method",
    "url": "url",
    "status": "status",
    "diff": "diff",
    "request_dump": "request_dump",
    "response_dump": "response_dump",
}
DUMPS = ("request_dump", "response_dump")
CSV, JSON = "csv", "json"
FILE_NAME = "weir-audit-logs"
CHUNK = 1_000  # records of a download that are read at once


def store(record: AuditRecord) -> None:
    """Store a record as ``AUDIT_STORE_TYPE`` says; texts are made storable first."""
    for name in ("organisation", "request_id", "ip", "user", "action", "method", "url", "kind", "subject", *DUMPS):
        longest = getattr(AuditRecord._meta.get_field(name), "max_length", None)  # noqa: SLF001  (Django's way)
        setattr(record, name, made_storable(getattr(record, name))[:longest])
    {"db": _to_database, "file": _to_file, "no_op": _to_nowhere}[settings.AUDIT_STORE_TYPE](record)


def _to_database(record: AuditRecord) -> None:
    """Append to the organisation's chain; its head stays locked until the commit."""
    with transaction.atomic(savepoint=False):
        head = AuditChain.objects.locked(record.organisation)
        head.append(record)
        record.save(force_insert=True)
        head.save(force_update=True)
    if head.broken_after is not None:
        logger.error("The head of the audit chain of %r was written by somebody else", head.organisation)


def _to_file(record: AuditRecord) -> None:
    record.timestamp = timezone.now()
    record.id = record.new_id(record.timestamp)
    path, text = settings.AUDIT_PATH, FORMATS[settings.AUDIT_FORMAT](record)
    transaction.on_commit(lambda: append_text(path, text))


def _to_nowhere(record: AuditRecord) -> None:
    """Keep nothing."""


def append_text(path: str, text: str) -> None:
    """Write a record with one call to a file opened for appending, so that processes do not write into each other.

    What it tells of is committed by then, so a file that cannot be written is told to the log.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)
    except OSError:
        logger.exception("An audit record could not be written to %s", path)


def as_json(record: AuditRecord) -> str:
    """Write a record as one line of JSON, its changes as an object."""
    return escape_controls(json.dumps({"_id": "", **public_fields(record)}, ensure_ascii=False)) + "\n"


def as_lines(record: AuditRecord) -> str:
    """Write a record as text, one field per line and an empty line at the end; its control characters are escaped."""
    shown = {**public_fields(record), "diff": record.diff} if record.diff else public_fields(record)
    return "".join(f"{name}: {_one_line(value)}\n" for name, value in shown.items()) + "\n"


def public_fields(record: AuditRecord) -> dict[str, Any]:
    """Give the fields of a record by their names outside; diff and dumps only where there are any."""
    given = {name: getattr(record, of) for name, of in PUBLIC_NAMES.items()}
    given = {name: value for name, value in given.items() if value or name not in {"diff", *DUMPS}}
    return {**given, "diff": record.changes} if record.diff else given


def _one_line(value: Any) -> str:
    return escape_controls(str(value).replace("\\", "\\\\"))


FORMATS = {"text": as_lines, "json": as_json}


def download(rows: AuditRecordQuerySet, kind: str, content_type: str = "") -> StreamingHttpResponse:
    """Give records as a CSV file (diff and dumps as text in cells) or as a JSON array."""
    if kind == CSV:
        return attachment(
            f"{FILE_NAME}.csv",
            csv_lines(["_id", *PUBLIC_NAMES], _cells(rows)),
            content_type or "text/csv; charset=utf-8",
        )
    return attachment(f"{FILE_NAME}.json", _array(rows), content_type or "application/json; charset=utf-8")


def _cells(rows: AuditRecordQuerySet) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=CHUNK):
        yield [row.pk, *(getattr(row, of) for of in PUBLIC_NAMES.values())]


def _array(rows: AuditRecordQuerySet) -> Iterator[str]:
    before = "["
    for row in rows.iterator(chunk_size=CHUNK):
        yield before + json.dumps({"_id": row.pk, **public_fields(row)}, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[" else "]\n"
