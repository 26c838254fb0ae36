"""Versions, and the base of the models that have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.audit.context import current_user
from apps.audit.diff import Diff, FieldChange, diff_of, field_changes
from apps.audit.models import AuditedModel
from apps.core.documents import DocumentField
from apps.core.logging import current_request_id
from apps.core.preconditions import ANY, ChangedMeanwhile
from apps.core.tenancy import Caller
from apps.history.querysets import VersionQuerySet
from apps.organisations.models import Organisation


class Version(models.Model):
    """What a row was like from one change until the next.

    ``values`` are the row's fields, as they were stored: whoever may read versions may read rows, but is shown
    ``changes`` alone, which have no secrets. ``api_ids`` are public ids of the APIs that the row was about, ``None`` if
    such rows are about none: who does not see all of them does not see the version.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64, help_text="As the audit log calls it: api, policy…")
    subject = models.CharField(max_length=24, db_collation="C", help_text="The id of the row.")
    number = models.PositiveIntegerField(help_text="From 1; the row's revision.")
    name = models.CharField(max_length=255, help_text="What the row was called.")
    action = models.CharField(max_length=200, blank=True, help_text="Empty for what was there before versions were.")
    user = models.CharField(max_length=254, blank=True, help_text="As the audit log has it.")
    request_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changes = DocumentField(default=dict, help_text="{field: [old, new]}, without secrets.")
    values = DocumentField(default=dict)
    restored = models.PositiveIntegerField(null=True, help_text="The version that it brought back.")
    is_deletion = models.BooleanField(default=False)
    api_ids: ArrayField[Any, Any] = ArrayField(models.TextField(), null=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "subject", "number"], name="version_number")]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="version_newest"),
            models.Index(fields=["created_at"], name="version_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"

    @property
    def field_changes(self) -> list[FieldChange]:
        """What was changed, as people read it."""
        return field_changes(self.changes)

    @property
    def by(self) -> str:
        """Who made it, in words."""
        return self.user or "somebody"


LONGEST = 10  # digits; a revision has less


class VersionedModel(AuditedModel):
    """A row whose every version is kept, in the transaction of the change. Its audited fields are what JSON can hold.

    ``revision`` is the number of the version that the row is now. A change that changes nothing makes none.
    ``version_also`` are further fields that a deleted row needs to be made again.
    """

    revision = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    version_also: ClassVar[Sequence[str]] = ()
    _expected: frozenset[str] | None = None
    restores: int | None = None  # the version that the next change brings back

    class Meta:
        abstract = True

    @property
    def etag(self) -> str:
        """The revision as HTTP has it."""
        return f'"{self.revision}"'

    def expect(self, etags: Iterable[str]) -> None:
        """Let the next change refuse unless the stored row has one of these tags."""
        self._expected = frozenset(etags)

    def changed_since(self, etag: str, actor: Caller | None) -> ChangedMeanwhile | None:
        """Tell what became of the row since it had a tag. Who does not see a version is not told what it changed."""
        if etag == self.etag:
            return None
        known = etag.strip('"')
        number = int(known) if known.isdecimal() and len(known) < LONGEST else self.revision
        newer = Version.objects.of(self.audit_kind(), self.pk).filter(number__gt=number).without_values()
        seen = newer if actor is None else newer.visible_to(actor)
        last = newer.first()
        who = last.by if last else "somebody"
        now = f"{who} changed it meanwhile: it is version {self.revision} now, not {known}"
        return ChangedMeanwhile(f"{now}. Read it again before you change it", _in_lines(seen))

    def version_values(self) -> dict[str, Any]:
        """Give the fields that a version keeps."""
        names = [*self.audited_names().values(), *self.version_also]
        return {name: getattr(self, self._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]

    def followed_names(self) -> list[str]:
        """Name what a change writes beside what somebody changes."""
        return [*super().followed_names(), "revision"]

    def audit_locked(self, stored: Self, actor: Caller | None) -> None:
        """Refuse a change of something else than was expected; the next one is not held to it."""
        expected, self._expected = self._expected, None
        if expected is not None and not {ANY, stored.etag} & expected:
            raise next(filter(None, (stored.changed_since(tag, actor) for tag in sorted(expected))))

    def audit_writing(self, before: Self | None, action: str, *, is_deletion: bool) -> None:
        """Keep the version that a change makes; of what was made before there were versions, that one as well."""
        if before is None:
            self.revision = Version.objects.last_number(self.audit_kind(), self.pk) + 1
            self.keep_version(action, {})
            return
        before.keep_first_version()
        if is_deletion:
            before.keep_next_version(action, {}, is_deletion=True)
        elif before.version_values() != self.version_values():
            changes = diff_of(before.audit_values(), self.audit_values())
            self.keep_next_version(action, changes, apis=before.audit_apis() or frozenset())

    def keep_first_version(self) -> None:
        """Keep what a stored row is like, if that version is not there."""
        if not Version.objects.of(self.audit_kind(), self.pk).filter(number=self.revision).exists():
            self._keep()

    def keep_next_version(
        self, action: str, changes: Diff, *, apis: Iterable[str] = (), is_deletion: bool = False
    ) -> None:
        """Keep what the row is like now as its next version. ``apis`` are further ones that the change is about."""
        self.revision += 1
        self.keep_version(action, changes, apis=apis, is_deletion=is_deletion)

    def keep_version(self, action: str, changes: Diff, *, apis: Iterable[str] = (), is_deletion: bool = False) -> None:
        """Keep what the row is like under the number of its revision."""
        by = {"user": current_user(), "request_id": current_request_id(), "restored": self.restores}
        self._keep(apis, action=action, changes=changes, is_deletion=is_deletion, **by)
        self.restores = None

    def _keep(self, apis: Iterable[str] = (), **given: Any) -> None:
        about = self.audit_apis()
        values: Any = self.version_values()  # a document, which has no type
        Version.objects.create(
            organisation_id=self.organisation_id,  # type: ignore[attr-defined]  # of an OrganisationModel
            kind=self.audit_kind(),
            subject=self.pk,
            number=self.revision,
            name=str(self)[:255],
            values=values,
            api_ids=None if about is None else sorted(about.union(apis)),
            **given,
        )


#: How much of a change is told in one line, and how many lines.
LINE, LINES = 80, 8


def _in_lines(versions: Iterable[Version]) -> list[str]:
    """Write what some versions, the newest first, changed; of each field the first value and the last."""
    merged: dict[str, list[Any]] = {}
    for version in sorted(versions, key=lambda one: one.number):
        for name, (old, new) in version.changes.items():
            merged[name] = [merged[name][0] if name in merged else old, new]
    lines = [f"{one.field}: {_short(one.before)} → {_short(one.after)}" for one in field_changes(merged)]
    more = len(lines) - LINES
    return [*lines[:LINES], *([f"and {more} more"] if more > 0 else [])]


def _short(text: str | None) -> str:
    if text is None:
        return "nothing"
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= LINE else f"“{line[:LINE]}…”"
