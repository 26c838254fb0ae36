"""What happens to versions: a row is what it was, and old ones are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.resources import Resource
from apps.history.models import Version, VersionedModel

if TYPE_CHECKING:
    from apps.users.models import User

BATCH = 1_000  # versions that are deleted at once


@transaction.atomic
def restore(resource: Resource, version: Version, row: VersionedModel | None, *, actor: User) -> Any:
    """Let a row be what it was in a version, which is a new version; ``None`` stands for a row that is deleted.

    It is a change like any other: admission sees it, and the services of the resource may refuse it.
    """
    if row is None:
        return _make_again(resource, version, actor=actor)
    also = set(row.version_also)
    changes = {name: value for name, value in version.values.items() if name not in also}
    for name, value in changes.items():
        setattr(row, name, value)
    row.restores = version.number
    resource.update(row, resource.admit_update(row, changes, actor=actor), actor=actor)
    return row


def _make_again(resource: Resource, version: Version, *, actor: User) -> Any:
    row = resource.model(pk=version.subject, organisation=version.organisation, **version.values)
    row.restores = version.number
    resource.admit_create(row, actor=actor)
    return resource.create(row, actor=actor) or row


def forget() -> int:
    """Delete versions that are older than they are to be kept, but for what rows are like now; gives how many."""
    if settings.HISTORY_RETENTION_DAYS is None:
        return 0
    old = Version.objects.forgettable(timezone.now() - timedelta(days=settings.HISTORY_RETENTION_DAYS))
    forgotten = 0
    while batch := list(old.values_list("pk", flat=True).order_by("pk")[:BATCH]):
        forgotten += Version.objects.filter(pk__in=batch).delete()[0]
    return forgotten
