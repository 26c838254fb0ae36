"""``manage.py createsuperuser``: Django's own, and the audit log tells of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from apps.audit.services import record_event
from apps.users.models import User


class Command(createsuperuser.Command):
    """Makes a super user of the staff."""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Ask what Django asks, and record who was made."""
        known = list(User.objects.filter(organisation=None).values_list("pk", flat=True))
        try:
            super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError("There is such a super user: see bin/manage changepassword") from error
        for user in User.objects.filter(organisation=None).exclude(pk__in=known):
            record_event(action="Create User", kind="user", id=user.pk, after=user.audit_values())
