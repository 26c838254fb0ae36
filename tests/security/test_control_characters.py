"""What strangers send is one line of printable text wherever it is written."""

from __future__ import annotations

import json
import logging

import pytest
from django.utils import timezone

from apps.audit.models import AuditRecord
from apps.audit.sinks import FORMATS
from apps.core.escaping import escape_controls
from apps.core.exports import csv_lines
from apps.core.logging import OneLineFormatter

#: A line of their own, ESC sequences, C1's CSI, ends of lines that only some programs know, a turned direction.
FORGED = "a\n2026-11-30 ERROR forged"
ATTACKS = [FORGED, "a\r\nb", "\x1b[2Jb", "\x9b2J", "\x85b", "\u2028b", "\x0bb", "\x0cb", "\u202eb", "\x00"]

with_attacks = pytest.mark.parametrize("sent", ATTACKS)


def log_line(message: str, **options: object) -> str:
    """Write a log line as the settings do."""
    record = logging.LogRecord("weir", logging.INFO, "", 0, "%s", (message,), options.get("exc_info"))  # type: ignore[arg-type]
    return OneLineFormatter("{levelname} {message}", style="{").format(record)


@with_attacks
def test_a_log_line_is_one_printable_line(sent: str) -> None:
    line = log_line(sent)
    assert line.startswith("INFO ")
    assert line.isprintable()


@with_attacks
def test_no_line_of_a_traceback_begins_as_a_log_line_does(sent: str) -> None:
    try:
        raise ValueError(sent)
    except ValueError as error:
        first, *rest = log_line("It failed", exc_info=(ValueError, error, error.__traceback__)).split("\n")
    assert first == "INFO It failed"
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


def test_the_formatter_is_that_of_the_settings() -> None:
    assert all(isinstance(handler.formatter, OneLineFormatter) for handler in configured_handlers())


def configured_handlers() -> list[logging.Handler]:
    """Give what the settings log with."""
    return [handler for handler in logging.getLogger().handlers if handler.name == "standard output"]


@with_attacks
@pytest.mark.parametrize("kind", FORMATS)
def test_a_record_in_the_audit_file_has_the_lines_of_its_format(sent: str, kind: str) -> None:
    plain = AuditRecord(user="x", action="Test", diff="", timestamp=timezone.now())
    usual = FORMATS[kind](plain)
    plain.user = sent
    written = FORMATS[kind](plain)
    assert len(written.splitlines()) == len(usual.splitlines())
    assert written.replace("\n", "").isprintable()
    if kind == "json":
        assert json.loads(written)["user"] == sent


@with_attacks
def test_a_cell_of_a_csv_file_has_no_control_character(sent: str) -> None:
    _, line = csv_lines(["name"], [[sent]])
    assert line.removesuffix("\r\n").isprintable()


def test_other_text_stays_as_it_is() -> None:
    for text in ("Zażółć gęślą jaźń", "日本語", "a\u00a0b", "👩\u200d💻", "\\n", "{}", "naïve"):
        assert escape_controls(text) == text
