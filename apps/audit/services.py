"""What others call to have the audit log tell what happened, and how a record gets into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import FieldError, ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models.deletion import Collector

from apps.audit import sinks
from apps.audit.context import SYSTEM, Event, current_context, merged_apis, merged_diffs, own_secrets
from apps.audit.diff import Diff, as_text, diff_of
from apps.audit.models import AnonymousTally, AuditedModel, AuditRecord
from apps.audit.redaction import redact_values
from apps.audit.sinks import DUMPS
from apps.core.exceptions import ApplicationError, conflicts_told
from apps.core.logging import current_request_id
from apps.core.tenancy import Caller, TenantQuerySet, forget_scopes

ANONYMOUS = "Anonymous Requests"
MOST_TALLIES = 1_000  # recorded in one transaction
M = TypeVar("M", bound=AuditedModel)


def record_event(
    *,
    action: str,
    kind: str = "",
    id: str = "",  # noqa: A002  (what it is called everywhere else)
    organisation: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    apis: Iterable[str] | None = None,
) -> None:
    """Tell the audit log that something was done; call it in the transaction that does it, last.

    ``action`` is a name such as ``Update User``, ``kind`` and ``id`` say what it was done to
    (``user``, its id), ``organisation`` is the id of the organisation it belongs to. ``before`` and
    ``after`` are fields and their values (whatever JSON can hold, and dates); fields that differ become
    the diff, without secrets. ``None`` for one of them: it was made, or deleted. ``apis`` are the public ids of the
    APIs that it is about, if it is about any: who does not see all of them does not see the record.

    In a request this goes into the request's one record: the first action is its action, diffs of one
    subject are merged, what is rolled back leaves no diff. Outside (a command, a Celery task) it is a
    record of its own at once, by the user ``system``, in the transaction that is open.
    """
    forget_scopes()  # what was done may change what somebody sees
    about = None if apis is None else frozenset(apis)
    event = Event(action, kind, id, organisation, diff_of(before, after), about)
    context = current_context()
    if context is not None:
        context.add(event)
    elif settings.AUDIT_ENABLED:
        record = AuditRecord(user=SYSTEM, request_id=current_request_id())
        store_record(record, action=action, organisation=organisation or "", events=[event], secrets=own_secrets())


def store_record(
    record: AuditRecord, *, action: str, organisation: str, events: Sequence[Event], secrets: Iterable[str]
) -> None:
    """Complete a record with its events, and store it where the settings say.

    In the database it is part of the transaction that is open, if one is. ``secrets`` are values that are
    taken out wherever they stand.
    """
    record.action, record.organisation = action, organisation
    first = next((event for event in events if event.kind), None)
    record.kind, record.subject = (first.kind, first.id) if first else ("", "")
    record.diff, record.api_ids = as_text(merged_diffs(events)), merged_apis(events)
    for name in ("url", "subject", "diff", *DUMPS):
        setattr(record, name, redact_values(getattr(record, name), secrets))
    sinks.store(record)


@transaction.atomic
def record_anonymous_requests() -> None:
    """Write a record for each address and minute that is over: how many requests of nobody in particular there were."""
    for tally in AnonymousTally.objects.over()[:MOST_TALLIES]:
        counted: Diff = {"minute": [None, tally.minute], "requests": [None, tally.requests]}
        action = tally.action if tally.requests == 1 else ANONYMOUS
        event = Event(action, "anonymous", tally.ip, "", counted, None)
        shown = {name: getattr(tally, name) for name in ("ip", "request_id", "method", "url", "status")}
        store_record(AuditRecord(**shown), action=action, organisation="", events=[event], secrets=own_secrets())
        tally.delete()


class Deleted(ApplicationError):
    """Somebody else deleted the row since it was looked at."""

    status = 404
    message = "It was deleted in the meantime"


@contextmanager
def audited(
    row: M,
    verb: str,
    changes: Mapping[str, Any] | None = None,
    *,
    actor: Caller | None = None,
    delete: bool = False,
    also: Mapping[str, Any] | None = None,
    apis: Iterable[str] = (),
) -> Iterator[M | None]:
    """Write a row together with its audit record: ``with audited(group, "Update", changes) as before: …``.

    The block holds the rules: it sees the row as it is to be and, as ``before``, as it is stored and locked (``None``
    for a new row), may put the row in order, and refuses by an exception. Then the row is written: inserted, when it
    is new; deleted, with ``delete``; else only its ``audit_fields``, of which those that ``changes`` does not name
    stay as they are stored, whatever the row was like when it was loaded. ``also`` are further values that the
    record of a change or deletion keeps as they were, ``apis`` those that they name. What a deletion takes along by
    foreign keys is recorded too. All of it is one transaction.

    Raises:
        AlreadyExists: another row has what only one may have.
        Deleted: the row to be changed or deleted is not there any more, or the ``actor`` does not see it any more.
        ChangedMeanwhile: the row has versions, and is not the one that was expected.
    """
    with conflicts_told(str(row._meta.verbose_name)), transaction.atomic():  # noqa: SLF001
        before = None if row._state.adding else _locked(row, actor)  # noqa: SLF001  (Django's documented way)
        if row.pk is None:  # Django's formsets take the ids of new rows away
            row.pk = row._meta.pk.get_pk_value_on_save(row)  # noqa: SLF001  (Django's documented way)
        if before is not None and not delete:
            _apply_changes(row, before, changes or {}, row.audited_names().values())
        was = {**before.audit_values(), **(also or {})} if before is not None else None
        subject, hung_on = _subject(row), before.audit_apis() if before is not None else None
        yield before
        row.audit_writing(before, row.audit_action(verb), is_deletion=delete)
        taken_along = _delete(row) if delete else _save(row)
        after, hangs_on = (None, None) if delete else (row.audit_values(), row.audit_apis())
        about = _united(hung_on, hangs_on, frozenset(apis) or None)
        record_event(action=row.audit_action(verb), before=was, after=after, apis=about, **subject)
        for gone in taken_along:
            record_event(**gone)


def _apply_changes(row: AuditedModel, stored: AuditedModel, changes: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Give a row the fields of the one that is stored, and locked, but for those that are changed.

    Raises:
        FieldError: ``changes`` names something else than ``fields``, which would be lost.
    """
    fields = tuple(fields)
    if others := changes.keys() - set(fields):
        raise FieldError(f"Not to be changed: {', '.join(sorted(others))}")
    for name in (*fields, *row.followed_names()):
        setattr(row, name, changes[name] if name in changes else getattr(stored, name))


def _locked(row: M, actor: Caller | None) -> M:
    """Give the stored row and let nobody else write it until the transaction ends.

    It may have been moved out of the actor's sight while the lock was waited for, or an API closed to them.
    """
    rows: Any = type(row)._default_manager.filter(pk=row.pk)  # noqa: SLF001  (Django's documented way)
    try:
        stored: M = rows.select_for_update(of=("self",)).select_related(*row.audit_select_related).get()
    except ObjectDoesNotExist as error:
        raise Deleted from error
    if actor is not None and isinstance(rows, TenantQuerySet):
        forget_scopes()  # what was seen before the lock says nothing of now
        if not rows.visible_to(actor).exists():
            raise Deleted
    row.audit_locked(stored, actor)
    return stored


def _save(row: AuditedModel) -> list[dict[str, Any]]:
    """Insert a row, or write its fields; nothing else is changed by that."""
    if row._state.adding:  # noqa: SLF001  (Django's documented way)
        row.save(force_insert=True)
    else:
        stamps = [field.name for field in row._meta.concrete_fields if getattr(field, "auto_now", False)]  # noqa: SLF001
        row.save(update_fields=[*row.audited_names().values(), *row.followed_names(), *stamps])
    return []


def _delete(row: AuditedModel) -> list[dict[str, Any]]:
    """Delete a row; give the events of the audited rows that its deletion takes along by foreign keys."""
    collector = Collector(using=DEFAULT_DB_ALIAS, origin=row)
    collector.collect([row])
    sets = [*collector.data.items(), *((rows.model, rows) for rows in collector.fast_deletes)]
    ids = {model: [one.pk for one in rows if one != row] for model, rows in sets if issubclass(model, AuditedModel)}
    gone = [one for model, pks in ids.items() for one in model._base_manager.filter(pk__in=pks).order_by("pk")]  # noqa: SLF001
    events = [
        {"action": one.audit_action("Delete"), "before": one.audit_values(), "apis": one.audit_apis(), **_subject(one)}
        for one in gone
    ]
    collector.delete()
    return events


def _subject(row: AuditedModel) -> dict[str, Any]:
    return {"kind": row.audit_kind(), "id": row.pk, "organisation": _organisation_of(row)}


def _united(*sets: frozenset[str] | None) -> frozenset[str] | None:
    known = [one for one in sets if one is not None]
    return frozenset().union(*known) if known else None


def _organisation_of(row: AuditedModel) -> str | None:
    organisation: str | None = getattr(row, "organisation_id", row.pk)  # an organisation belongs to itself
    return organisation
