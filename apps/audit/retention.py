"""Old records go, oldest first; the chain then begins after the last that went, and says so itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.services import note
from apps.audit.verifying import Broken, Follower

logger = logging.getLogger(__name__)

BATCH = 10_000  # records deleted in one transaction
TITLE = "Forget Audit Records"


def forget() -> int:
    """Delete records older than ``AUDIT_RETENTION_DAYS``, if that is set; give their number.

    What is wrong in a chain is not deleted: it stays until somebody has looked at it.
    """
    if not settings.AUDIT_RETENTION_DAYS:
        return 0
    oldest = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return sum(sum(_batches(head, oldest)) for head in AuditChain.objects.values_list("organisation", flat=True))


def _batches(organisation: str, oldest: datetime) -> Iterator[int]:
    try:
        while count := _forget_batch(organisation, oldest):
            yield count
    except Broken as broken:
        logger.error("Audit records of %r are not forgotten: %s", organisation or "no organisation", broken)


@transaction.atomic
def _forget_batch(organisation: str, oldest: datetime) -> int:
    head = AuditChain.objects.locked(organisation)
    if not head.is_sealed:
        raise Broken("the head of the chain was written without the secret")
    follower = Follower(head.pruned_sequence, head.pruned_digest)
    rows = AuditRecord.objects.filter(organisation=organisation).order_by("sequence")[:BATCH]
    old = takewhile(lambda row: row.timestamp < oldest, rows.iterator(chunk_size=500))
    for last in follower.follow(old):
        head.prune(last)
    if follower.records:
        head.save(force_update=True)
        _delete(organisation, head.pruned_sequence)
        span = {"first": follower.first, "last": head.pruned_sequence}
        note(action=TITLE, kind="audit records", organisation=organisation, before=span)
    return follower.records


def _delete(organisation: str, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weir.audit_retention = 'on'")
        AuditRecord.objects.filter(organisation=organisation, sequence__lte=last).delete()
        cursor.execute("SET LOCAL weir.audit_retention = 'off'")
