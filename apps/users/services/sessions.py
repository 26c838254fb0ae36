"""Sessions: ended."""

from __future__ import annotations

from django.db.models import F

from apps.users.models import User


def end_sessions(*, user: User) -> None:
    """End every session of a user at once; access keys go on."""
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])
