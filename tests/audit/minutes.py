"""The end of a minute, when requests of nobody in particular are recorded."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from apps.audit.models import AnonymousTally
from apps.audit.services import record_anonymous_requests


def end_minute() -> None:
    """Record what was counted, as a minute later."""
    AnonymousTally.objects.update(minute=F("minute") - timedelta(minutes=1))
    record_anonymous_requests()
