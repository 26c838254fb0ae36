"""The connection to an identity provider."""

from __future__ import annotations

from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException, Response

from apps.core.fetching import check_out, check_url, deadline

MAX_SECONDS = 10.0  # seconds that an answer may take
MAX_BYTES = 1 << 20  # bytes of an answer; documents of keys have some thousands


class ProviderSession(OAuth2Session):  # type: ignore[misc]  # Authlib ships no types
    """A session that fetches what may be fetched, and follows no redirect.

    A provider names its endpoints itself, and whoever sets it up may be a tenant. Every answer has an end: a thread
    that waits for a provider is there for nobody else.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        check_out(self, MAX_BYTES)

    def request(self, method: str, url: str, **options: Any) -> Response:
        """Send a request. Raises ``FetchRefused`` and ``requests.RequestException``."""
        check_url(url)
        with deadline(MAX_SECONDS):
            answer: Response = super().request(method, url, **{**options, "allow_redirects": False})
        return answer

    def document(self, url: str) -> dict[str, Any]:
        """Fetch a JSON object. Raises ``FetchRefused`` and ``requests.RequestException``."""
        answer = self.request("GET", url, withhold_token=True)
        answer.raise_for_status()
        found = answer.json()
        if answer.is_redirect or not isinstance(found, dict):
            raise RequestException(f"{url} gave no JSON object")
        return found
