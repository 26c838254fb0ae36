"""Sets of versions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Exists, Max, OuterRef, Q

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.history.models import Version  # noqa: F401


class VersionQuerySet(TenantQuerySet["Version"]):
    """Versions of an organisation's rows, the newest first."""

    def api_lookup(self, apis: frozenset[str]) -> Self:
        """Keep those that are about no other APIs than these."""
        return self.filter(Q(api_ids=None) | Q(api_ids__contained_by=sorted(apis)))

    def of(self, kind: str, subject: str) -> Self:
        """Keep those of one row."""
        return self.filter(kind=kind, subject=subject)

    def of_kinds(self, kinds: Iterable[str]) -> Self:
        """Keep those of some kinds of rows."""
        return self.filter(kind__in=list(kinds))

    def last_number(self, kind: str, subject: str) -> int:
        """Give the number of the newest version of a row; 0 when there is none."""
        found: dict[str, Any] = self.of(kind, subject).aggregate(number=Max("number"))
        return found["number"] or 0

    def without_values(self) -> Self:
        """Leave the documents in the database: lists show what was changed."""
        return self.defer("values")

    def forgettable(self, before: datetime) -> Self:
        """Keep what was made before a moment, and is not what a row is like now."""
        same = {"kind": OuterRef("kind"), "subject": OuterRef("subject")}
        newer = self.model.objects.filter(**same, number__gt=OuterRef("number"))
        return self.filter(Q(is_deletion=True) | Exists(newer), created_at__lt=before)
