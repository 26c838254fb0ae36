"""Sets of audit records and of the chains they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from apps.audit.models import AuditChain, AuditRecord  # noqa: F401


class AuditRecordQuerySet(TenantQuerySet["AuditRecord"]):
    """Records of an organisation; those of none ("") are seen by super users only."""


class AuditChainQuerySet(TenantQuerySet["AuditChain"]):
    """The heads of the chains."""

    def locked(self, organisation: str) -> AuditChain:
        """Give the head of an organisation's chain, begun if there is none, and keep others from it until commit."""
        head = self.select_for_update().filter(organisation=organisation).first()
        if head is None:
            self.bulk_create([self.model.begun(organisation)], ignore_conflicts=True)
            head = self.select_for_update().get(organisation=organisation)
        return head
