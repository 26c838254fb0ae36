"""How a drain treats records: from the settings, and from the partitions there are now."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import maxminddb
import polars as pl
from django.conf import settings

from apps.analytics import partitions
from apps.analytics.caps import Caps, current_caps

from . import enrichment_faults
from .enrich import NUMBERS, ULIDS, UUIDS, Enrichment, Locator
from .geoip import locator

log = logging.getLogger(__name__)

#: What readers raise of a GeoIP file that is none, or whose description of itself is damaged.
CANNOT_BE_OPENED = (OSError, maxminddb.InvalidDatabaseError, ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True)
class RecordFilters:
    """Whose records are left out on purpose, first match wins; empty lists leave out nothing.

    The names and the order are those of the gateway's own pump.
    """

    skip_api_ids: Sequence[str] = ()
    skip_org_ids: Sequence[str] = ()
    skip_response_codes: Sequence[int] = ()
    api_ids: Sequence[str] = ()
    org_ids: Sequence[str] = ()
    response_codes: Sequence[int] = ()

    def unwanted(self) -> pl.Expr:
        """True for records to leave out."""
        fields = {"api_id": (self.skip_api_ids, self.api_ids), "organisation": (self.skip_org_ids, self.org_ids)}
        skipped = [pl.col(name).is_in(list(skip)) for name, (skip, _) in fields.items() if skip]
        missing = [~pl.col(name).is_in(list(keep)) for name, (_, keep) in fields.items() if keep]
        if self.skip_response_codes:
            skipped.append(pl.col("status").is_in(list(self.skip_response_codes)))
        if self.response_codes:
            missing.append(~pl.col("status").is_in(list(self.response_codes)))
        return pl.any_horizontal(pl.lit(value=False), *skipped, *missing)


@dataclass(frozen=True, slots=True)
class PumpConfig:
    """What is added to records, left out and counted, and which days can be stored.

    ``days`` have a partition of raw records, ``minute_days`` one of minute rows.
    """

    days: frozenset[date]
    minute_days: frozenset[date]
    enrichment: Enrichment = field(default_factory=Enrichment)
    filters: RecordFilters = field(default_factory=RecordFilters)
    ignored_tag_prefixes: Sequence[str] = ()
    track_all_paths: bool = False
    caps: Caps = field(default_factory=Caps)


def pump_config() -> PumpConfig:
    """The configuration as it is now; cheap enough to ask for at every run."""
    return PumpConfig(
        days=frozenset(_days()),
        minute_days=frozenset(partitions.existing(partitions.MINUTES)),
        enrichment=Enrichment(
            patterns=_patterns(),
            locate=_locator(),
            redacted_headers=tuple(settings.PUMP_REDACTED_HEADERS),
            redacted_parameters=tuple(settings.PUMP_REDACTED_PARAMETERS),
            omit_detailed_recording=settings.PUMP_OMIT_DETAILED_RECORDING,
            max_record_size=settings.PUMP_MAX_RECORD_SIZE,
        ),
        filters=RecordFilters(
            skip_api_ids=settings.PUMP_SKIP_API_IDS,
            skip_org_ids=settings.PUMP_SKIP_ORG_IDS,
            skip_response_codes=settings.PUMP_SKIP_RESPONSE_CODES,
            api_ids=settings.PUMP_API_IDS,
            org_ids=settings.PUMP_ORG_IDS,
            response_codes=settings.PUMP_RESPONSE_CODES,
        ),
        ignored_tag_prefixes=settings.PUMP_IGNORE_TAG_PREFIX_LIST,
        track_all_paths=settings.PUMP_TRACK_ALL_PATHS,
        caps=current_caps(),
    )


def _days() -> Iterator[date]:
    """Days that can be stored: their hours too, should the settings keep requests for longer than those."""
    hours = partitions.existing(partitions.HOURS)
    return (day for day in partitions.existing(partitions.RECORDS) if partitions.HOURS.start_of(day) in hours)


def _patterns() -> tuple[tuple[str, str], ...]:
    if not settings.PUMP_NORMALISE_URLS:
        return ()
    switches = (
        (settings.PUMP_NORMALISE_UUIDS, UUIDS),
        (settings.PUMP_NORMALISE_ULIDS, ULIDS),
        (settings.PUMP_NORMALISE_NUMBERS, NUMBERS),
    )
    custom = ((pattern, "{var}") for pattern in settings.PUMP_NORMALISE_CUSTOM_PATTERNS if _compiles(pattern))
    return (*(pattern for on, pattern in switches if on), *custom)


@cache
def _compiles(pattern: str) -> bool:
    """Whether a pattern can be used; like the gateway, one that cannot is told once and skipped."""
    try:
        pl.select(pl.lit("").str.replace_all(pattern, ""))
    except pl.exceptions.ComputeError as error:
        log.error("PUMP_NORMALISE_CUSTOM_PATTERNS: %s is skipped, it is no regular expression: %s", pattern, error)
        return False
    return True


def _locator() -> Locator | None:
    if not settings.PUMP_GEO_IP_DB_PATH:
        return None
    try:
        return locator(settings.PUMP_GEO_IP_DB_PATH)
    except CANNOT_BE_OPENED as error:
        # Records without a place are worth more than no records.
        enrichment_faults.report(f"PUMP_GEO_IP_DB_PATH cannot be read: {error}")
        return None
