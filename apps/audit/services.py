"""What others call to have the audit log tell what happened, and how a record gets into it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from apps.audit import sinks
from apps.audit.callers import own_secrets
from apps.audit.changes import changed
from apps.audit.concealing import conceal_values
from apps.audit.context import Event, current_context, merged_diffs
from apps.audit.models import AuditRecord
from apps.audit.sinks import DUMPS
from apps.core.logging import request_id

SYSTEM = "system"


def record_event(
    *,
    action: str,
    kind: str = "",
    id: str = "",  # noqa: A002  (what it is called everywhere else)
    organisation: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Tell the audit log that something was done; call it in the transaction that does it, last.

    ``action`` is a title such as ``Update User``, ``kind`` and ``id`` say what it was done to
    (``user``, its id), ``organisation`` is the id of the organisation it belongs to. ``before`` and
    ``after`` are fields and their values (whatever JSON can hold, and dates); fields that differ become
    the diff, without secrets. ``None`` for one of them: it was made, or deleted.

    In a request this goes into the request's one record: the first action is its action, diffs of one
    subject are merged, what is rolled back leaves no diff. Outside (a command, a Celery task) it is a
    record of its own at once, by the user ``system``, in the transaction that is open.
    """
    event = Event(action, kind, id, organisation, changed(before, after))
    context = current_context()
    if context is not None:
        context.add(event)
    elif settings.AUDIT_ENABLED:
        outside = request_id.get()
        record = AuditRecord(user=SYSTEM, request_id="" if outside == "-" else outside)
        write(record, action=action, organisation=organisation or "", events=[event], secrets=own_secrets())


def write(
    record: AuditRecord, *, action: str, organisation: str, events: Sequence[Event], secrets: Iterable[str]
) -> None:
    """Complete a record with its events, and store it where the settings say.

    In the database it is part of the transaction that is open, if one is. ``secrets`` are values that are
    taken out wherever they stand.
    """
    record.action, record.organisation = action, organisation
    first = next((event for event in events if event.kind), None)
    record.kind, record.subject = (first.kind, first.id) if first else ("", "")
    record.diff = as_text(merged_diffs(events))
    for name in ("url", "subject", "diff", *DUMPS):
        setattr(record, name, conceal_values(getattr(record, name), secrets))
    sinks.store(record)


def as_text(changes: Mapping[str, Any]) -> str:
    """Write changes as JSON in ASCII; nothing for none."""
    return json.dumps(changes, cls=Encoder) if changes else ""


class Encoder(DjangoJSONEncoder):
    """JSON for a diff: what is no JSON is written as the text it prints as."""

    def default(self, o: Any) -> Any:
        """Write dates as Django does, sets as lists, everything else as text."""
        try:
            return super().default(o)
        except TypeError:
            return str(o)
