"""Sets of audit records and of the chains they are in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.query import ModelIterable
from django.utils import timezone

from apps.core.tenancy import TenantQuerySet, ownership

if TYPE_CHECKING:
    from apps.audit.models import AnonymousTally, AuditChain, AuditRecord

API = "api"  # the kind of records of what was done to an API; their subject is its internal id


class WithoutDumps(ModelIterable):  # type: ignore[type-arg]  # generic in its type stubs only
    """Reads records as if detailed recording were off: dumps hold the figures that others asked for."""

    def __iter__(self) -> Iterator[AuditRecord]:
        """Give the records."""
        for record in super().__iter__():
            record.request_dump = record.response_dump = ""
            yield record


class AuditRecordQuerySet(TenantQuerySet["AuditRecord"]):
    """Records of an organisation; those of none ("") are seen by super users only."""

    def api_lookup(self, apis: frozenset[str]) -> Self:
        """Keep what whoever sees some APIs only may see: no diff of another API, and no dumps at all."""
        without_ids = Q(api_ids=None)  # of what hangs on no API, or from before ids were recorded
        of_an_api = Q(kind=API) | Q(diff__contains=f'"{API}/')
        of_theirs_alone = Q(kind=API, subject__in=ownership().internal_ids(apis)) & ~Q(diff__regex=f'"{API}/.*"{API}/')
        rows = self.filter(Q(api_ids__contained_by=sorted(apis)) | without_ids & ~(of_an_api & ~of_theirs_alone))
        rows._iterable_class = WithoutDumps  # noqa: SLF001  (as values() and dates() do)
        return rows

    def since(self, moment: datetime) -> Self:
        """Keep records from a moment on; ids begin with their moment, so a range of time is a range of the key."""
        return self.filter(id__gte=self.model.id_at(moment))

    def before(self, moment: datetime) -> Self:
        """Keep records before a moment."""
        return self.filter(id__lt=self.model.id_at(moment))

    def with_path(self, part: str) -> Self:
        """Keep records whose path, without the query string, has this part."""
        path = Func(F("url"), Value("?"), Value(1), function="split_part", output_field=TextField())
        place = StrIndex(path, Value(part))
        return self.alias(place_of_part=place).filter(place_of_part__gt=0)

    def without_dumps(self) -> Self:
        """Leave the dumps in the database: a list has no use for them."""
        return self.defer("request_dump", "response_dump")


class AuditChainQuerySet(TenantQuerySet["AuditChain"]):
    """The heads of the chains."""

    api_lookup = None

    def locked(self, organisation: str) -> AuditChain:
        """Give the head of an organisation's chain, empty if there is none, and keep others from it until commit."""
        head = self.select_for_update().filter(organisation=organisation).first()
        if head is None:
            self.bulk_create([self.model.empty(organisation)], ignore_conflicts=True)
            head = self.select_for_update().get(organisation=organisation)
        return head


class AnonymousTallyQuerySet(models.QuerySet["AnonymousTally"]):
    """Requests of nobody in particular, counted by address and minute."""

    def count_in(self, first: AnonymousTally) -> None:
        """Count one more of an address and minute; what it was is kept of the first."""
        self.bulk_create([first], ignore_conflicts=True)
        self.filter(ip=first.ip, minute=first.minute).update(requests=F("requests") + 1)

    def over(self) -> Self:
        """Keep those of minutes that are over, locked for whoever records them; nobody else waits for these."""
        this_minute = timezone.now().replace(second=0, microsecond=0)
        return self.select_for_update(skip_locked=True).filter(minute__lt=this_minute).order_by("minute", "ip")
