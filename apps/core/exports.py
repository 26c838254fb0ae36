"""Files to save, written while they are sent; tables as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

from apps.core.escaping import escape_controls

#: What makes a spreadsheet take a text for a formula.
FORMULA = ("=", "+", "-", "@")


class _Echo:
    """A file whose writes are handed back, so that ``csv`` writes to nowhere."""

    def write(self, text: str) -> str:
        return text


def cell(value: object) -> object:
    """A value as it is safe in a spreadsheet: control characters are escaped, would-be formulas quoted."""
    if not isinstance(value, str):
        return value
    return escape_controls(f"'{value}" if value.startswith(FORMULA) else value)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180)."""
    writer = csv.writer(_Echo())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """An answer that saves rows as ``<name>.csv``."""
    return attachment(f"{name}.csv", csv_lines(header, rows), "text/csv; charset=utf-8")


def attachment(name: str, texts: Iterable[str], content_type: str) -> StreamingHttpResponse:
    """An answer that saves a file of this name, sent piece by piece."""
    response = StreamingHttpResponse(texts, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
