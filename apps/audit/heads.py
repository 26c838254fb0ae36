"""Heads of chains as they were at an earlier check, remembered outside of the database.

A whole copy of the tables from before, put back by somebody, is whole in itself, and a chain that is
gone with its head leaves nothing to find. Only what was noted elsewhere shows either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.verifying import Verdict

Heads = Mapping[str, Mapping[str, Any]]  # organisation → {"sequence": place, "digest": of the record there}


def of(verdicts: Iterable[Verdict]) -> dict[str, dict[str, Any]]:
    """Give the heads of chains that were checked."""
    return {found.organisation: {"sequence": found.sequence, "digest": found.digest} for found in verdicts}


def lost(known: Heads, organisation: str | None = None) -> list[str]:
    """Say of which remembered heads the record is not there any more, other than by retention."""
    asked = {name: head for name, head in known.items() if organisation in {None, name}}
    return list(_lost(asked))


def _lost(known: Heads) -> Iterator[str]:
    for organisation, head in known.items():
        now = AuditChain.objects.filter(organisation=organisation).first() or AuditChain.begun(organisation)
        place, digest = head["sequence"], head["digest"]
        if now.start[0] > place or place == 0:  # forgotten, or known to be broken
            continue
        rows = AuditRecord.objects.filter(organisation=organisation, sequence=place, digest=digest)
        if not (rows.exists() or now.start == (place, digest)):
            yield f"{organisation or 'no organisation'}: record {place}, which an earlier check saw, is gone or another"
