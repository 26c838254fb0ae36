"""Is a chain whole? Every record has the seal of its content and of the record before it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from apps.audit.models import AuditChain, AuditRecord

heads = logging.getLogger("weir.audit")


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
        name = self.organisation or "no organisation"
        return f"{name}: {self.records} records{places}, {self.problem or 'whole'}"


class Broken(Exception):
    """A chain is not whole; the text says what is wrong first."""


class Follower:
    """Goes along a chain from a place that is known, and checks that each record follows the one before."""

    def __init__(self, sequence: int, digest: str) -> None:
        self.sequence, self.digest = sequence, digest
        self.first, self.records = sequence + 1, 0

    def follow(self, rows: Iterable[AuditRecord]) -> Iterator[AuditRecord]:
        """Give the records that follow. Raises ``Broken`` at the first that does not."""
        for row in rows:
            if row.sequence != self.sequence + 1:
                raise Broken(missing(self.sequence + 1, row.sequence - 1))
            if row.digest != row.seal_after(self.digest):
                raise Broken(f"record {row.sequence} ({row.pk}) was changed, or another was put in its place")
            yield self._gone_along(row)

    def pass_over(self, rows: Iterable[AuditRecord]) -> Iterator[AuditRecord]:
        """Give records among which something is known to be wrong, unchecked."""
        yield from map(self._gone_along, rows)

    def _gone_along(self, row: AuditRecord) -> AuditRecord:
        self.sequence, self.digest = row.sequence, row.digest
        self.records += 1
        return row


def missing(first: int, last: int) -> str:
    """Say that records are not there."""
    return f"record {first} is missing" if first == last else f"records {first}–{last} are missing"


def verify(organisation: str | None = None) -> Iterator[Verdict]:
    """Check one chain, or all of them. Writes may go on: each chain is read in one snapshot."""
    chains = [organisation] if organisation is not None else organisations()
    yield from (_verdict(chain) for chain in chains)


def tell() -> None:
    """Check every chain, and write where each ends to the log, which the database's owner cannot turn back.

    What is wrong is told as an error. An older copy of a chain is whole in itself: that it ends before a line of an
    earlier night said, or with another digest there, is what gives it away.
    """
    for found in verify():
        name = found.organisation or "no organisation"
        if found.problem:
            heads.error("Audit chain of %s is not whole: %s", name, found.problem)
        heads.info("Audit chain of %s ends with record %d, digest %s", name, found.sequence, found.digest or "none")


def organisations() -> list[str]:
    """Give every organisation that has a chain, or records without one."""
    heads = set(AuditChain.objects.values_list("organisation", flat=True))
    return sorted(heads | set(AuditRecord.objects.order_by().values_list("organisation", flat=True).distinct()))


def _verdict(organisation: str) -> Verdict:
    with _snapshot():
        head = AuditChain.objects.filter(organisation=organisation).first() or AuditChain.begun(organisation)
        follower = Follower(*head.start)
        problem = _problem(head, follower)
    return Verdict(
        organisation, follower.records, follower.first, follower.sequence, head.sequence, head.digest, problem
    )


def problem_of(head: AuditChain) -> str:
    """Say what is wrong with a chain first, "" if nothing is."""
    return _problem(head, Follower(*head.start))


def _problem(head: AuditChain, follower: Follower) -> str:
    rows = AuditRecord.objects.filter(organisation=head.organisation).order_by("sequence")
    if head.is_resumed:
        rows = rows.filter(sequence__gt=head.sound_sequence)
    try:
        for _ in follower.follow(rows.iterator(chunk_size=500)):
            pass
    except Broken as broken:
        return str(broken)
    return _problem_of_head(head, follower)


def _problem_of_head(head: AuditChain, follower: Follower) -> str:
    if head.seal_problem:
        return head.seal_problem
    if follower.sequence < head.sequence:
        return f"{missing(follower.sequence + 1, head.sequence)} at the end"
    if (follower.sequence, follower.digest) != (head.sequence, head.digest):
        return f"the head of the chain is record {head.sequence}, not the last one, {follower.sequence}"
    return ""


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read as of one moment, unless a transaction is open already."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
