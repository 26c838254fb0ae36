"""Settings of the audit log, and declarations of audited models, that cannot work; told at start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist

from apps.audit.models import AuditedModel

RELATIONS = "audited() writes one row. Keep what belongs to it in rows that a service writes, or as an array of ids."

SEVERAL_APIS = "Override audit_apis() of the model: give the public ids of all the APIs that a row hangs on."


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
    if (settings.AUDIT_RETENTION_DAYS or 0) < 0:
        hint = "Give a number of days, or 0 to keep all."
        yield Error(f"AUDIT_RETENTION_DAYS is {settings.AUDIT_RETENTION_DAYS}.", hint=hint, id="audit.E002")


def check_audited_models(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Ask every audited model for fields that ``audited()`` can write and record."""
    models = [model for model in apps.get_models() if issubclass(model, AuditedModel)]
    return [message for model in models for message in audited_field_errors(model)]


def audited_field_errors(model: type[AuditedModel]) -> Iterator[CheckMessage]:
    """Find what is wrong with the fields that one model declares, and with how its rows hang on APIs."""
    rows = type(model._default_manager.all())  # noqa: SLF001  (Django's documented way)
    if callable(getattr(rows, "api_lookup", None)) and model.audit_apis is AuditedModel.audit_apis:
        yield Error(f"{rows.__name__} has a method as api_lookup.", hint=SEVERAL_APIS, obj=model, id="audit.E005")
    for name in model.audited_names().values():
        try:
            field: Any = model._meta.get_field(name)  # noqa: SLF001  (Django's documented way)
        except FieldDoesNotExist:
            yield Error(f"audit_fields names no field: {name}.", obj=model, id="audit.E003")
            continue
        if field.many_to_many or not field.concrete:
            yield Error(f"audit_fields names {name}, which is no column.", hint=RELATIONS, obj=model, id="audit.E004")
