"""Settings of the audit log that cannot work, told at start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_settings(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Run every check of this module."""
    return [*_file(), *_retention()]


def _file() -> Iterator[CheckMessage]:
    if not settings.AUDIT_ENABLED or settings.AUDIT_STORE_TYPE != "file":
        return
    path = Path(settings.AUDIT_PATH)
    target = path if path.exists() else path.parent
    if not settings.AUDIT_PATH or path.is_dir() or not os.access(target, os.W_OK):
        hint = "Give the path of a file that Weir may write, or set AUDIT_STORE_TYPE to db."
        yield Error(f"AUDIT_PATH names no writable file: {settings.AUDIT_PATH!r}.", hint=hint, id="audit.E001")


def _retention() -> Iterator[CheckMessage]:
    if settings.AUDIT_RETENTION_DAYS < 0:
        hint = "Give a number of days, or 0 to keep all."
        yield Error(f"AUDIT_RETENTION_DAYS is {settings.AUDIT_RETENTION_DAYS}.", hint=hint, id="audit.E002")
