"""A chain that is broken stays so: somebody looks into it, says so, and it begins anew from there."""

from __future__ import annotations

from django.db import transaction

from apps.audit.models import AuditChain, AuditRecord
from apps.audit.services import record_event
from apps.audit.verifying import problem_of

TITLE = "Acknowledge Broken Audit Chain"


class NotBroken(Exception):
    """There is nothing to acknowledge."""


@transaction.atomic
def acknowledge(*, organisation: str, by: str) -> str:
    """Check a chain from here on only, and give what was wrong with it; its next record tells both, and who says so.

    Records up to here stay as they are and are checked no more, or what is wrong next would hide behind the first.
    Raises ``NotBroken``.
    """
    head = AuditChain.objects.locked(organisation)
    problem = problem_of(head)
    if not problem:
        raise NotBroken
    head.resume(AuditRecord.objects.filter(organisation=organisation).order_by("sequence").last())
    head.save(force_update=True)
    told = {"problem": problem, "by": by, "checked_after": head.sound_sequence}
    record_event(action=TITLE, kind="audit records", organisation=organisation, after=told)
    return problem
