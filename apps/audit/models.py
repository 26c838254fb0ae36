"""The audit log: records, and the head of each organisation's chain of them.

Both are signed by HMAC-SHA256 with a secret that the database does not hold.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import http_date

from apps.audit.querysets import AnonymousTallyQuerySet, AuditChainQuerySet, AuditRecordQuerySet
from apps.core.ids import ObjectIdField
from apps.core.requests import DEEPEST, made_storable
from apps.core.tenancy import Caller


def canonical_json(content: Mapping[str, Any]) -> str:
    """Write content so that equal content gives equal text: JSON in ASCII, names sorted, times in UTC."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), default=_written)


def sign(purpose: str, *texts: str) -> str:
    """Give the signature of some texts, 64 hex characters; one for one purpose is none for another."""
    message = json.dumps(texts)  # no two lists of texts are written alike
    return salted_hmac(f"weir.audit.{purpose}", message, secret=settings.AUDIT_SECRET, algorithm="sha256").hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} has no canonical text")


class AuditRecord(models.Model):
    """One request, or one thing that Weir did by itself; written once and never changed.

    The fields are those of the dashboard's audit log (5.13). ``user`` is an e-mail address, with
    ``external user`` before it of whoever has no account, ``admin`` for the holder of the admin secret, ``system`` for
    Weir itself, or empty. ``diff`` and the dumps are texts as they were signed. ``api_ids`` are public ids of the APIs
    whose rows were changed, ``None`` if these hang on none: who does not see all of them does not see the record.
    PostgreSQL refuses to change or delete a row (migration 0001).
    """

    id = ObjectIdField()
    organisation = models.CharField(max_length=24, blank=True, db_collation="C")
    sequence = models.BigIntegerField(help_text="Place in the organisation's chain, from 1.")
    timestamp = models.DateTimeField("date")
    request_id = models.CharField(max_length=128, blank=True)
    ip = models.CharField("IP address", max_length=45, blank=True)
    user = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=16, blank=True)
    url = models.TextField("URL", blank=True)
    status = models.SmallIntegerField(default=0)
    kind = models.CharField(max_length=64, blank=True, help_text="What was changed first: user, api…")
    subject = models.CharField(max_length=200, blank=True, help_text="The id of what was changed first.")
    diff = models.TextField(blank=True, help_text='JSON: {"kind/id": {field: [old, new]}}.')
    request_dump = models.TextField(blank=True)
    response_dump = models.TextField(blank=True)
    api_ids: ArrayField[Any, Any] = ArrayField(models.TextField(), null=True, editable=False)
    digest = models.CharField(max_length=64, help_text="HMAC-SHA256 of all of the above and the digest before.")

    objects = AuditRecordQuerySet.as_manager()

    SIGNED_FIELDS = (
        *("id", "organisation", "sequence", "timestamp", "request_id", "ip", "user", "action", "method", "url"),
        *("status", "kind", "subject", "diff", "request_dump", "response_dump"),
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "sequence"], name="audit_record_sequence")]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="audit_record_newest"),
            models.Index(
                fields=["organisation", "kind", "subject", "-id"],
                condition=~models.Q(kind=""),
                name="audit_record_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.action or self.method} {self.date}".strip()

    @classmethod
    def new_id(cls, moment: datetime) -> str:
        """Give the id of a record of this moment: its microsecond, then 11 random hex characters.

        So ids are the order of time, and a range of time is a range of the key. They are object ids like all
        others: the first 8 hex characters are the Unix second.
        """
        return cls.id_at(moment) + secrets.token_hex(6)[:11]

    @staticmethod
    def id_at(moment: datetime) -> str:
        """Give the beginning of the ids of a moment; every id from then on is above it, every earlier one below."""
        seconds = min(max(int(moment.timestamp()), 0), 0xFFFFFFFF)  # 1970 to 2106
        return f"{seconds:08x}{moment.microsecond:05x}"

    @property
    def date(self) -> str:
        """The moment as RFC 1123 has it, in UTC."""
        return http_date(self.timestamp.timestamp()).replace("GMT", "UTC")

    @property
    def unix(self) -> int:
        """The moment as Unix seconds."""
        return int(self.timestamp.timestamp())

    @property
    def changes(self) -> dict[str, dict[str, list[Any]]]:
        """The diff: ``{"kind/id": {field: [old, new]}}``, empty without. What JSON cannot say, in old ones, is text."""
        read: dict[str, dict[str, list[Any]]] = made_storable(json.loads(self.diff or "{}"), DEEPEST + 3)
        return read

    def digest_after(self, previous: str) -> str:
        """Give the digest this record must have after a record with the digest ``previous``."""
        about = () if self.api_ids is None else ("api_ids",)  # records were signed without once
        content = {name: getattr(self, name) for name in (*self.SIGNED_FIELDS, *about)}
        return sign("record", previous, canonical_json(content))


class AuditChain(models.Model):
    """The head of one organisation's chain: the last record's place and digest, signed as well.

    ``pruned_sequence`` and ``pruned_digest`` are those of the last record that retention deleted: the
    first record kept follows them. Without the signature, whoever deletes the newest records could turn the
    head back too. ``broken_after`` is the place of the head when a wrong signature was found. A break is for
    ever, until somebody acknowledges it: the chain is then checked after ``sound_sequence`` only.
    """

    organisation = models.CharField(primary_key=True, max_length=24, db_collation="C")
    sequence = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    pruned_sequence = models.BigIntegerField(default=0)
    pruned_digest = models.CharField(max_length=64, blank=True)
    broken_after = models.BigIntegerField(null=True)
    sound_sequence = models.BigIntegerField(default=0, db_default=0)
    sound_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    signature = models.CharField(max_length=64, db_column="seal")

    objects = AuditChainQuerySet.as_manager()

    SIGNED_FIELDS = ("organisation", "sequence", "digest", "pruned_sequence", "pruned_digest", "broken_after")

    def __str__(self) -> str:
        return f"Chain of {self.organisation or 'no organisation'}"

    @classmethod
    def empty(cls, organisation: str) -> AuditChain:
        """Make the head of a chain without records; it is not written yet."""
        head = cls(organisation=organisation)
        head.signature = head.expected_signature()
        return head

    def expected_signature(self) -> str:
        """Give the signature this head must have."""
        resumed = ("sound_sequence", "sound_digest") if self.sound_sequence else ()  # heads were signed without once
        return sign("head", canonical_json({name: getattr(self, name) for name in (*self.SIGNED_FIELDS, *resumed)}))

    @property
    def is_signed(self) -> bool:
        """Whether nobody without the secret has written this head."""
        return constant_time_compare(self.signature, self.expected_signature())

    @property
    def is_resumed(self) -> bool:
        """Whether there may still be records that are not checked, since a break among them was acknowledged."""
        return 0 < self.sound_sequence >= self.pruned_sequence

    @property
    def start(self) -> tuple[int, str]:
        """The place and the digest that the first record to be checked follows."""
        if self.is_resumed:
            return self.sound_sequence, self.sound_digest
        return self.pruned_sequence, self.pruned_digest

    @property
    def signature_problem(self) -> str:
        """What is wrong with the head itself, "" if nothing is."""
        if not self.is_signed:
            return f"the head of the chain (record {self.sequence}) was written without the secret"
        if self.broken_after is not None:
            return f"the head of the chain was written without the secret after record {self.broken_after}"
        return ""

    def append(self, record: AuditRecord) -> None:
        """Give a record the next place; neither is written yet."""
        if not self.is_signed and self.broken_after is None:
            self.broken_after = self.sequence  # never healed, or the next record would cover it up
        record.timestamp = timezone.now().astimezone(UTC)
        record.id = record.new_id(record.timestamp)
        record.organisation, record.sequence = self.organisation, self.sequence + 1
        record.digest = record.digest_after(self.digest)
        self.sequence, self.digest = record.sequence, record.digest
        self.signature = self.expected_signature()

    def resume(self, last: AuditRecord | None) -> None:
        """Let the chain be checked from here on only; not written yet. ``last`` is its last record, if there is one."""
        if last and last.sequence > self.sequence:  # the head was turned back, or lost
            self.sequence, self.digest = last.sequence, last.digest
        self.sound_sequence, self.sound_digest, self.broken_after = self.sequence, self.digest, None
        self.signature = self.expected_signature()

    def prune(self, sequence: int, digest: str) -> None:
        """Let the chain begin after a record that is deleted; not written yet."""
        self.pruned_sequence, self.pruned_digest = sequence, digest
        self.signature = self.expected_signature()


class AnonymousTally(models.Model):
    """How many requests of nobody in particular came from an address in a minute, until that is recorded.

    What they did not do is not worth a record each: whoever asks without a name could fill the log. ``action``,
    ``method``, ``url`` and ``status`` are those of the first.
    """

    ip = models.CharField("IP address", max_length=45, blank=True)
    minute = models.DateTimeField()
    requests = models.BigIntegerField(default=0)
    action = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    method = models.CharField(max_length=16, blank=True)
    url = models.TextField("URL", blank=True)
    status = models.SmallIntegerField(default=0)

    objects = AnonymousTallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ip", "minute"], name="anonymous_tally_minute")]

    def __str__(self) -> str:
        return f"{self.requests} of {self.ip} at {self.minute:%Y-%m-%d %H:%M}"


class AuditedModel(models.Model):
    """A row whose every change is in the audit log (``services.audited``).

    ``audit_fields`` are the fields that somebody may change, as names, or as what the log calls them → name: all of
    them are recorded, without secrets, and nothing else is written by a change but ``audit_follows``, which follow
    from those. The log calls the row by its ``verbose_name``: ``Update User Group`` of ``user group/5f…``.
    """

    audit_fields: ClassVar[Sequence[str] | Mapping[str, str]] = ()
    audit_follows: ClassVar[Sequence[str]] = ()
    audit_select_related: ClassVar[Sequence[str]] = ()  # what rules look at, fetched with the locked row

    class Meta:
        abstract = True

    def followed_names(self) -> list[str]:
        """Name what a change writes beside the fields that somebody may change."""
        return list(self.audit_follows)

    def audit_locked(self, stored: Self, actor: Caller | None) -> None:
        """Look at the stored row, which is locked now, before it is changed; a model may refuse."""

    def audit_writing(self, before: Self | None, action: str, *, is_deletion: bool) -> None:
        """Do what belongs to a change, when the rules are through and the row is written next."""

    @classmethod
    def audit_kind(cls) -> str:
        """What the log calls such a row: ``user group``."""
        return str(cls._meta.verbose_name).lower()

    @classmethod
    def audit_action(cls, verb: str) -> str:
        """What the log calls something that is done to such a row: ``Update User Group``."""
        words = str(cls._meta.verbose_name).split()
        return " ".join([verb, *(word if word.isupper() else word.capitalize() for word in words)])

    @classmethod
    def audited_names(cls) -> dict[str, str]:
        """What the log calls each recorded field → its name; an organisation is ``org_id``, as on the wire."""
        declared = cls.audit_fields
        if isinstance(declared, Mapping):
            return dict(declared)
        return {"org_id" if name == "organisation" else name: name for name in declared}

    def audit_values(self) -> dict[str, Any]:
        """What the log keeps of the row: values by what it calls them, ids of related rows ("" for none)."""
        return {shown: self._audit_value(name) for shown, name in self.audited_names().items()}

    def audit_apis(self) -> frozenset[str] | None:
        """The public ids of the APIs that the row hangs on; ``None`` when such rows hang on none.

        They come from ``api_lookup`` of the queryset. Where that is a method, the model says them itself (audit.E005).
        A row that could hang on an API and does not is about "", which nobody sees who is limited to some.
        """
        lookup: Any = getattr(type(self)._default_manager.all(), "api_lookup", None)  # noqa: SLF001  (Django's documented way)
        if lookup is None:
            return None
        value: Any = self
        for name in lookup.split("__"):
            value = getattr(value, name, None)
        return frozenset({value or ""})

    def _audit_value(self, name: str) -> Any:
        field = self._meta.get_field(name)
        value = getattr(self, field.attname)  # type: ignore[union-attr]  # concrete fields only
        return value or "" if field.is_relation else value
