"""Old records go, oldest first; the chain then begins after the last that went, and says so itself."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.chain import BrokenChain, ChainVerifier
from apps.audit.models import AuditChain, AuditRecord
from apps.audit.services import record_event

logger = logging.getLogger(__name__)

BATCH = 10_000  # records deleted in one transaction
FORGET = "Forget Audit Records"


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
    except BrokenChain as broken:
        logger.error("Audit records of %r are not forgotten: %s", organisation or "no organisation", broken)


def _forget_batch(organisation: str, oldest: datetime) -> int:
    """Check what is old without keeping anybody from the chain, then delete it."""
    head = AuditChain.objects.get(organisation=organisation)
    _refuse_broken(head)
    rows = AuditRecord.objects.filter(organisation=organisation).order_by("sequence")
    unchecked = rows.filter(sequence__lte=head.sound_sequence)
    is_unchecked = head.is_resumed and unchecked.exists()
    verifier = ChainVerifier(head.pruned_sequence, head.pruned_digest) if is_unchecked else ChainVerifier(*head.start)
    batch = (unchecked if is_unchecked else rows)[:BATCH].iterator(chunk_size=500)
    old = takewhile(lambda row: row.timestamp < oldest, batch)
    deque(verifier.unverified(old) if is_unchecked else verifier.verified(old), maxlen=0)
    if verifier.records:
        _delete(head, verifier)
    return verifier.records


@transaction.atomic
def _delete(known: AuditChain, checked: ChainVerifier) -> None:
    """Delete what was checked; the chain is held only after that, or every request would wait for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL weir.audit_retention = 'on'")
        AuditRecord.objects.filter(organisation=known.organisation, sequence__lte=checked.sequence).delete()
        cursor.execute("SET LOCAL weir.audit_retention = 'off'")
    head = AuditChain.objects.locked(known.organisation)
    _refuse_broken(head)
    if head.pruned_sequence != known.pruned_sequence:
        raise BrokenChain("somebody else deletes records of it")
    head.prune(checked.sequence, checked.digest)
    head.save(force_update=True)
    span = {"first": checked.first, "last": checked.sequence}
    record_event(action=FORGET, kind="audit records", organisation=known.organisation, before=span)


def _refuse_broken(head: AuditChain) -> None:
    if head.signature_problem:
        raise BrokenChain(head.signature_problem)
