"""Sets of rows of traffic, by how they hang on APIs. What they say is read by ``apps.analytics.queries``."""

from __future__ import annotations

from typing import Any

from apps.core.tenancy import TenantQuerySet


class RecordQuerySet(TenantQuerySet[Any]):
    """Single requests and uptime checks, of one API each."""

    api_lookup = "api_id"


class CountQuerySet(TenantQuerySet[Any]):
    """Counts of one API each."""

    api_lookup = "api"


class LedgerQuerySet(TenantQuerySet[Any]):
    """What became of the records of all APIs of an organisation together; shown to those who see all of them."""

    api_lookup = None
