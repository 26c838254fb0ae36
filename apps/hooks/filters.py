"""What may be asked of lists of webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.filters import SearchFilter, TenantFilterSet
from apps.hooks.models import Webhook


class WebhookFilter(TenantFilterSet):
    """A text in name or URL."""

    q = SearchFilter()

    class Meta:
        model = Webhook
        fields: Sequence[str] = ()
