"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register


class UsersConfig(AppConfig):
    """People and programs: accounts, permissions, access keys."""

    name = "apps.users"

    def ready(self) -> None:
        """Register the checks of settings, and what delivers mails."""
        from apps.outbox import handlers
        from apps.users import checks
        from apps.users.services import passwords

        register(checks.check_settings)
        handlers.register(passwords.RESET_LINKS, passwords.deliver_reset_links, max_attempts=passwords.RESET_ATTEMPTS)
