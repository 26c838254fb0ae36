"""``manage.py changepassword``: by the rules that passwords have here, and the audit log tells of it."""

from __future__ import annotations

from getpass import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandError

from apps.users import services
from apps.users.models import User

MOST_TRIES = 3


class Command(changepassword.Command):
    """Sets the password of an account; its sessions end."""

    help = "Set the password of the account with an e-mail address, or with an id where several have it."

    def handle(self, *args: Any, **options: Any) -> str:
        """Ask for a password twice, until it is one."""
        user = self._user(options["username"] or "")
        self.stdout.write(f"Changing password for user '{user}'")
        for _ in range(MOST_TRIES):
            password = _ask("Password: ")
            if password != _ask("Password (again): "):
                self.stdout.write("Passwords do not match. Please try again.")
                continue
            try:
                services.set_password(user=user, password=password)
            except services.PasswordRefused as error:
                self.stderr.write("\n".join(error.problems))
            else:
                return f"Password changed successfully for user '{user}'"
        raise CommandError(f"Aborting password change for user '{user}' after {MOST_TRIES} attempts")

    @staticmethod
    def _user(name: str) -> User:
        found: list[User] = list(User.objects.filter(pk=name)) or list(User.objects.with_email(name).order_by("pk"))
        if not found:
            raise CommandError(f"user '{name}' does not exist: give an e-mail address or an id")
        if len(found) > 1:
            which = ", ".join(f"{user.pk} ({user.organisation or 'super user'})" for user in found)
            raise CommandError(f"several accounts are '{name}'; give the id of one: {which}")
        return found[0]


def _ask(prompt: str) -> str:
    if password := getpass(prompt):
        return password
    raise CommandError("aborted")
