"""PostgreSQL's COPY on Django's connection, and frames as its CSV."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import polars as pl
import psycopg
from django.db import connection

#: Bytes sent at a time, so that no buffer between us and the server grows large.
_PIECE = 1 << 20


def write_csv(rows: pl.DataFrame) -> BytesIO:
    """The rows of a frame as CSV: every text in quotes, so that only what is null reads as null."""
    file = BytesIO()
    if not rows.is_empty():
        rows.write_csv(file, include_header=False, quote_style="non_numeric", null_value="\\N")
    return file


def copy_in(table: str, columns: Sequence[str], csv: BytesIO) -> int:
    """Append CSV rows to a table (``\\N`` is null); the number of rows.

    Raises:
        psycopg.Error: as the server says it; inside a transaction the caller rolls back.
    """
    view = csv.getbuffer()
    if not view:
        return 0
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '\\N')"
        with cursor.copy(statement) as copy:
            for at in range(0, len(view), _PIECE):
                copy.write(view[at : at + _PIECE])
        return int(cursor.rowcount)


def copy_out(query: str, params: Sequence[object] = ()) -> BytesIO:
    """The rows of a query as CSV without header; ``DELETE … RETURNING`` is a query too."""
    file = BytesIO()
    with connection.cursor() as cursor:
        # COPY takes no parameters on the server's side, so they are put in on ours.
        statement = psycopg.ClientCursor(connection.connection).mogrify(query, params)
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as copy:
            for piece in copy:
                file.write(piece)
    file.seek(0)
    return file
