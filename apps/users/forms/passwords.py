"""Forms for passwords."""

from __future__ import annotations

from django.contrib.auth.forms import PasswordChangeForm

from apps.users import services
from apps.users.models import User


class OwnPasswordForm(PasswordChangeForm):
    """Change one's own password, on the staff site."""

    def save(self, commit: bool = True) -> User:
        """Set it through the service."""
        return services.set_password(user=self.user, password=self.cleaned_data["new_password1"])
