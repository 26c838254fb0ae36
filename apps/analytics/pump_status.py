"""What the pump is like at a moment, as the page about the pipeline shows it.

The pump is an app above this one, which nobody imports: it says here what looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """A claim that waits in Redis: how many of its records are committed already."""

    key: str
    source: str
    length: int
    committed: int


@dataclass(frozen=True, slots=True)
class PumpStatus:
    """What waits where, and what is missing. ``lag`` is how long the oldest record waits in Redis.

    ``refused`` says by the name of a key in Redis why it is passed over, ``enrichment_fault`` what keeps records from
    being enriched.
    """

    at: datetime
    lists: dict[str, int] = field(default_factory=dict)
    claims: list[ClaimStatus] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    enrichment_fault: str = ""
    lag: timedelta = timedelta(0)
    last_record: datetime | None = None
    last_commit: datetime | None = None
    rejected: int = 0
    missing_partitions: list[str] = field(default_factory=list)
    redis_error: str = ""

    @property
    def waiting(self) -> int:
        """Records in Redis that are not committed."""
        return sum(self.lists.values()) + sum(claim.length - claim.committed for claim in self.claims)

    @property
    def late(self) -> bool:
        """Whether the lag is over the limit of the settings."""
        return self.lag > timedelta(seconds=settings.LAG_LIMIT)


_look: Callable[[], PumpStatus] | None = None


def register(look: Callable[[], PumpStatus]) -> None:
    """Say what looks at the pump; the app that can calls it when it is ready."""
    global _look
    _look = look


def current() -> PumpStatus:
    """Look at the pump now.

    Raises:
        ImproperlyConfigured: when no app has said what looks.
        django.db.Error: when PostgreSQL is away. A Redis that is away is told, not raised.
    """
    if _look is None:
        raise ImproperlyConfigured("No installed app has called apps.analytics.pump_status.register().")
    return _look()
