"""Settings that cannot work and querysets that would show too much, told at start with an id and a hint."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Caution
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from apps.core.tenancy import TenantQuerySet
from config.env import misspelt
from config.env.server import INSECURE_SECRET_KEY

TAKEN_AND_SKIPPED = (
    ("PUMP_API_IDS", "PUMP_SKIP_API_IDS"),
    ("PUMP_ORG_IDS", "PUMP_SKIP_ORG_IDS"),
    ("PUMP_RESPONSE_CODES", "PUMP_SKIP_RESPONSE_CODES"),
)
API_LOOKUPS = (
    'Declare api_lookup in the queryset: a lookup to the public API id such as "api_id" or "api__api_id", a method that'
    " takes public API ids and gives the rows that may be seen with them, or None for rows that hang on no API."
)


def check_settings(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Run every check of this module."""
    return [*_secret_key(), *_names(), *_patterns(), *_retention(), *_filters()]


def _secret_key() -> Iterator[CheckMessage]:
    if settings.SECRET_KEY == INSECURE_SECRET_KEY and not settings.DEBUG:
        hint = 'Give it the output of: python -c "import secrets; print(secrets.token_urlsafe(50))"'
        yield Error("SECRET_KEY is the default, which everybody knows.", hint=hint, id="core.E001")


def _names() -> Iterator[CheckMessage]:
    for name, nearest in misspelt().items():
        yield Caution(
            f"There is no variable {name}: it has no effect.", hint=f"It is called {nearest}.", id="core.W003"
        )


def _patterns() -> Iterator[CheckMessage]:
    for pattern in settings.PUMP_NORMALISE_CUSTOM_PATTERNS:
        try:
            re.compile(pattern)
        except re.error as error:
            hint = "Patterns are separated by blanks; write a blank inside one as \\s."
            message = f"PUMP_NORMALISE_CUSTOM_PATTERNS has an invalid pattern, {pattern!r}: {error}."
            yield Error(message, hint=hint, id="core.E004")
    if settings.PUMP_NORMALISE_CUSTOM_PATTERNS and not settings.PUMP_NORMALISE_URLS:
        hint = "Switch PUMP_NORMALISE_URLS on, or leave the patterns out."
        yield Caution("PUMP_NORMALISE_CUSTOM_PATTERNS has no effect.", hint=hint, id="core.W001")


def _retention() -> Iterator[CheckMessage]:
    minutes, raw, months = (
        math.inf if kept is None else kept
        for kept in (settings.ANALYTICS_MINUTE_DAYS, settings.ANALYTICS_RAW_DAYS, settings.ANALYTICS_HOUR_MONTHS)
    )
    if minutes > raw:
        hint = "Closed hours are proved against raw records: keep those at least as long as the minutes."
        yield Error("ANALYTICS_MINUTE_DAYS is above ANALYTICS_RAW_DAYS.", hint=hint, id="core.E005")
    if raw > months * 31:
        hint = "Raw records are counted by the hour: keep the hours at least as long."
        yield Error("ANALYTICS_RAW_DAYS is above ANALYTICS_HOUR_MONTHS.", hint=hint, id="core.E005")


def _filters() -> Iterator[CheckMessage]:
    for taken, skipped in TAKEN_AND_SKIPPED:
        if both := sorted(set(getattr(settings, taken)) & set(getattr(settings, skipped))):
            hint = "Skipping wins. Take the items out of one of the two."
            text = ", ".join(map(str, both))
            yield Caution(f"{taken} and {skipped} both name {text}.", hint=hint, id="core.W002")


def check_api_lookups(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Ask every set of an organisation's rows how they hang on APIs: what does not say so cannot be shown."""
    return [message for model in apps.get_models() for message in api_lookup_errors(model)]


def api_lookup_errors(model: type[Model]) -> Iterator[CheckMessage]:
    """Find what is wrong with how the rows of one model hang on APIs."""
    for rows in {type(manager.all()): None for manager in model._meta.managers}:  # noqa: SLF001  (Django's documented way)
        if not issubclass(rows, TenantQuerySet):
            continue
        lookup: Any = getattr(rows, "api_lookup", "")
        if lookup == "":
            yield Error(f"{rows.__name__} does not declare api_lookup.", hint=API_LOOKUPS, obj=model, id="core.E006")
        elif isinstance(lookup, str) and (wrong := _wrong_lookup(model, lookup)):
            text = f"{rows.__name__} has the api_lookup {lookup!r}, {wrong}."
            yield Error(text, hint=API_LOOKUPS, obj=model, id="core.E007")


def _wrong_lookup(model: type[Model], lookup: str) -> str:
    """Say what is wrong with a lookup; "" when it leads to a column of the one API that a row hangs on."""
    try:
        fields = list(_fields_of(model, lookup))
    except FieldDoesNotExist:
        return "which is no way through its fields"
    if any(field.one_to_many or field.many_to_many for field in fields):
        return "which leads to several APIs; write a method that says whether all of them must be seen, or one"
    last = fields[-1]
    return f"which ends at the row of an API and not at its public id: {last.name}__api_id" if last.is_relation else ""


def _fields_of(model: type[Model] | None, lookup: str) -> Iterator[Any]:
    for name in lookup.split("__"):
        if model is None:
            raise FieldDoesNotExist
        field: Any = model._meta.get_field(name)  # noqa: SLF001  (Django's documented way)
        yield field
        model = field.related_model
