"""The chain of an organisation's records: each carries the signature of its content and of the record before it.

Old records go, oldest first; the chain then begins after the last that went, and says so itself.

A whole copy of the tables from before, put back by somebody, is whole in itself, and a chain that is gone with its
head is only missed where there are users. A checkpoint, noted outside of the database at an earlier check, tells.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.services import record_event

logger = logging.getLogger("weir.audit")

ACKNOWLEDGE = "Acknowledge Broken Audit Chain"
FORGET = "Forget Audit Records"
BATCH = 10_000  # old records deleted in one transaction

Checkpoints = Mapping[str, Mapping[str, Any]]  # organisation → {"sequence": place, "digest": of the record there}


@dataclass(frozen=True)
class Verdict:
    """What was found of one chain. ``problem`` names the first record that is wrong, "" if none is.

    ``sequence`` and ``digest`` are those of the head.
    """

    organisation: str
    records: int
    first: int
    last: int
    sequence: int
    digest: str
    problem: str

    def __str__(self) -> str:
        places = f", sequence {self.first}–{self.last}" if self.records else ""
        return f"{_shown(self.organisation)}: {self.records} records{places}, {self.problem or 'whole'}"


class BrokenChain(Exception):
    """A chain is not whole; the text says what is wrong first."""


class NotBroken(Exception):
    """There is nothing to acknowledge."""


class ChainVerifier:
    """Goes along a chain from a place that is known, and checks that each record follows the one before."""

    def __init__(self, sequence: int, digest: str) -> None:
        self.sequence, self.digest = sequence, digest
        self.first, self.records = sequence + 1, 0

    def verified(self, rows: Iterable[AuditRecord]) -> Iterator[AuditRecord]:
        """Give the records that follow. Raises ``BrokenChain`` at the first that does not."""
        for row in rows:
            if row.sequence != self.sequence + 1:
                raise BrokenChain(_missing(self.sequence + 1, row.sequence - 1))
            if row.digest != row.digest_after(self.digest):
                raise BrokenChain(f"record {row.sequence} ({row.pk}) was changed, or another was put in its place")
            yield self._passed(row)

    def unverified(self, rows: Iterable[AuditRecord]) -> Iterator[AuditRecord]:
        """Give records among which something is known to be wrong, unchecked."""
        yield from map(self._passed, rows)

    def _passed(self, row: AuditRecord) -> AuditRecord:
        self.sequence, self.digest = row.sequence, row.digest
        self.records += 1
        return row


def verify(organisation: str | None = None) -> Iterator[Verdict]:
    """Check one chain, or all of them. Writes may go on: each chain is read in one snapshot."""
    chains = [organisation] if organisation is not None else _organisations()
    yield from (_verdict(chain) for chain in chains)


def log_verdicts() -> None:
    """Check every chain, and write where each ends to the log, which the database's owner cannot turn back.

    What is wrong is told as an error. An older copy of a chain is whole in itself: that it ends before a line of an
    earlier night said, or with another digest there, is what gives it away.
    """
    for verdict in verify():
        name = _shown(verdict.organisation)
        if verdict.problem:
            logger.error("Audit chain of %s is not whole: %s", name, verdict.problem)
        logger.info(
            "Audit chain of %s ends with record %d, digest %s", name, verdict.sequence, verdict.digest or "none"
        )


@transaction.atomic
def acknowledge(*, organisation: str, actor: str) -> str:
    """Check a chain from here on only, and give what was wrong with it; its next record tells both, and who says so.

    A broken chain stays so until somebody has looked into it. Records up to here stay as they are and are checked no
    more, or what is wrong next would hide behind the first. Raises ``NotBroken``.
    """
    head = AuditChain.objects.locked(organisation)
    problem = _problem(head, ChainVerifier(*head.start))
    if not problem:
        raise NotBroken
    head.resume(AuditRecord.objects.filter(organisation=organisation).order_by("sequence").last())
    head.save(force_update=True)
    after = {"problem": problem, "by": actor, "checked_after": head.sound_sequence}
    record_event(action=ACKNOWLEDGE, kind="audit records", organisation=organisation, after=after)
    return problem


def checkpoints(verdicts: Iterable[Verdict]) -> dict[str, dict[str, Any]]:
    """Give what is to be noted elsewhere of chains that were checked: where each ends."""
    return {found.organisation: {"sequence": found.sequence, "digest": found.digest} for found in verdicts}


def lost_checkpoints(known: Checkpoints, organisation: str | None = None) -> list[str]:
    """Say of which checkpoints, of one chain or of all, the record is not there any more, other than by retention."""
    wanted = {name: checkpoint for name, checkpoint in known.items() if organisation in {None, name}}
    return [_lost(name, found["sequence"]) for name, found in wanted.items() if _is_lost(name, **found)]


def _is_lost(organisation: str, sequence: int, digest: str) -> bool:
    start = _head(organisation).start
    if start[0] > sequence or sequence == 0:  # forgotten, or known to be broken
        return False
    rows = AuditRecord.objects.filter(organisation=organisation, sequence=sequence, digest=digest)
    return not (rows.exists() or start == (sequence, digest))


def _lost(organisation: str, sequence: int) -> str:
    return f"{_shown(organisation)}: record {sequence}, which an earlier check saw, is gone or another"


def _organisations() -> list[str]:
    """Give every organisation that has a chain, records without one, or users, of whom there must be records."""
    heads = set(AuditChain.objects.values_list("organisation", flat=True))
    recorded = set(AuditRecord.objects.order_by().values_list("organisation", flat=True).distinct())
    return sorted(heads | recorded | _with_users())


def _with_users() -> set[str]:
    """Give the organisations that have users, where whatever is done to these is recorded in the database."""
    if not settings.AUDIT_ENABLED or settings.AUDIT_STORE_TYPE != "db":
        return set()
    users = get_user_model()._default_manager.exclude(organisation=None).order_by()  # noqa: SLF001  (Django's way)
    return set(users.values_list("organisation", flat=True).distinct())


def _head(organisation: str) -> AuditChain:
    return AuditChain.objects.filter(organisation=organisation).first() or AuditChain.empty(organisation)


def _verdict(organisation: str) -> Verdict:
    with _snapshot():
        head = _head(organisation)
        verifier = ChainVerifier(*head.start)
        problem = _problem(head, verifier)
    return Verdict(
        organisation, verifier.records, verifier.first, verifier.sequence, head.sequence, head.digest, problem
    )


def _problem(head: AuditChain, verifier: ChainVerifier) -> str:
    """Say what is wrong with a chain first, "" if nothing is."""
    rows = AuditRecord.objects.filter(organisation=head.organisation).order_by("sequence")
    if head.is_resumed:
        rows = rows.filter(sequence__gt=head.sound_sequence)
    try:
        for _ in verifier.verified(rows.iterator(chunk_size=500)):
            pass
    except BrokenChain as broken:
        return str(broken)
    return _problem_of_head(head, verifier)


def _problem_of_head(head: AuditChain, verifier: ChainVerifier) -> str:
    if not head.sequence and head.organisation in _with_users():
        return "there are users and no chain: it was removed, or nothing was recorded yet since records are kept"
    if head.signature_problem:
        return head.signature_problem
    if verifier.sequence < head.sequence:
        return f"{_missing(verifier.sequence + 1, head.sequence)} at the end"
    if (verifier.sequence, verifier.digest) != (head.sequence, head.digest):
        return f"the head of the chain is record {head.sequence}, not the last one, {verifier.sequence}"
    return ""


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first}–{last} are missing"


def _shown(organisation: str) -> str:
    return organisation or "no organisation"


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read as of one moment, unless a transaction is open already."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


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
