"""Sign-ins that wait for a provider: each is a cookie of its own.

In the session, several tabs that sign in at once would overwrite each other's, and whoever comes in first would end
those of the others together with the session.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.django_client import DjangoIntegration
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.core.encryption import DecryptionError, decrypt_object, encrypt_object
from apps.sso.models import IdentityProvider

PENDING_SECONDS = 3600  # that somebody may take to log in at the provider


class PendingSignIn(DjangoIntegration):  # type: ignore[misc]  # Authlib ships no types
    """What an answer of a provider is checked with (state, nonce, verifier), and the page that was wanted."""

    def __init__(self, provider: IdentityProvider, request: HttpRequest) -> None:
        super().__init__(f"sso-{provider.pk}")
        self._request = request
        self._begun: tuple[str, dict[str, Any]] = ("", {})

    def set_state_data(self, _session: Any, state: str, data: dict[str, Any]) -> None:
        """Take what Authlib wants to be kept."""
        self._begun = (state, data)

    def keep(self, answer: HttpResponseBase, callback_url: str, next_url: str) -> None:
        """Have the browser keep it, encrypted, for the callback only."""
        state, data = self._begun
        answer.set_cookie(
            _cookie(state),
            encrypt_object({"with": self.name, "data": data, "next_url": next_url}),
            max_age=PENDING_SECONDS,
            path=urlsplit(callback_url).path,
            secure=settings.SECURE_COOKIES,
            httponly=True,
            samesite="Lax",
        )

    def get_state_data(self, _session: Any, _state: str | None) -> dict[str, Any] | None:
        """Give it to Authlib; ``None`` when this browser began no such sign-in with this provider."""
        data: dict[str, Any] | None = self._kept.get("data")
        return data

    def clear_state_data(self, _session: Any, _state: str | None) -> None:
        """Leave it to ``forget``, once there is an answer."""

    @property
    def next_url(self) -> str:
        """The page that was wanted when this sign-in began."""
        return str(self._kept.get("next_url", ""))

    def forget(self, answer: HttpResponseBase) -> None:
        """Have the browser forget it."""
        answer.delete_cookie(_cookie(self._request.GET.get("state")), path=self._request.path, samesite="Lax")

    @property
    def _kept(self) -> dict[str, Any]:
        try:
            kept = decrypt_object(
                self._request.COOKIES.get(_cookie(self._request.GET.get("state")), ""), PENDING_SECONDS
            )
        except DecryptionError:
            return {}
        return kept if kept.get("with") == self.name else {}


def _cookie(state: str | None) -> str:
    """Give the name of a cookie; of what is no state of ours one that no cookie has."""
    return f"sso-{state}" if state and state.isascii() and state.isalnum() else "sso-none"
