"""What people change of their own account, whatever their permissions."""

from __future__ import annotations

from django.db import transaction

from apps.audit.services import record_event
from apps.users.models import User

OWN = ("first_name", "last_name", "time_zone")


@transaction.atomic
def change_profile(*, user: User, first_name: str, last_name: str, time_zone: str) -> User:
    """Write a user's own name and time zone (an IANA name, or "" for the site's)."""
    stored = User.objects.select_for_update().get(pk=user.pk)
    before = {name: getattr(stored, name) for name in OWN}
    user.first_name, user.last_name, user.time_zone = first_name, last_name, time_zone
    user.save(update_fields=OWN)
    after = {name: getattr(user, name) for name in OWN}
    record_event(
        action="Update Profile", kind="user", id=user.pk, organisation=user.organisation_id, before=before, after=after
    )
    return user
