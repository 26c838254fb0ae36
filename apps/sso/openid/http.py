"""The connection to an identity provider: with a deadline, and to nowhere but where it should go."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException, Response

from apps.core.transactions import refuse_in_transaction
from apps.sso.models import is_local
from apps.sso.openid.deadline import DeadlineAdapter

TIMEOUT = (3.05, 8.0)  # seconds to connect, and between two pieces of an answer
MAX_BYTES = 1 << 20  # bytes of an answer; documents of keys have some thousands
CHUNK = 1 << 14


class Insecure(RequestException):
    """The provider names a URL that is not ``https``."""


class TooBig(RequestException):
    """The provider's answer has no end in sight."""


class ProviderSession(OAuth2Session):  # type: ignore[misc]  # Authlib ships no types
    """A session that follows no redirect and speaks ``https``, unless the issuer is on this machine.

    Every answer has an end, in time and in size: a thread that waits for a provider is there for nobody else.

    A provider names its endpoints itself, and whoever sets it up may be a tenant: it must not lead Weir to
    addresses that only Weir can reach.
    """

    def __init__(self, *args: Any, issuer: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.may_be_local = is_local(issuer)
        for scheme in ("http://", "https://"):
            self.mount(scheme, DeadlineAdapter())

    @classmethod
    def to(cls, issuer: str) -> Self:
        """Open a session that carries no credentials."""
        return cls(issuer=issuer)

    def request(self, method: str, url: str, **options: Any) -> Response:
        """Send a request. Raises ``requests.RequestException``."""
        refuse_in_transaction(url)
        if urlsplit(url).scheme != "https" and not (self.may_be_local and is_local(url)):
            raise Insecure(f"{url!r} is not https")
        ours = {"timeout": TIMEOUT, "allow_redirects": False, "stream": True}
        answer: Response = super().request(method, url, **{**options, **ours})
        with answer:
            answer._content = _read(answer)  # noqa: SLF001  (requests has no other way to bound it)
        return answer

    def document(self, url: str) -> dict[str, Any]:
        """Fetch a JSON object. Raises ``requests.RequestException``."""
        answer = self.request("GET", url, withhold_token=True)
        answer.raise_for_status()
        found = answer.json()
        if answer.is_redirect or not isinstance(found, dict):
            raise RequestException(f"{url} gave no JSON object")
        return found


def _read(answer: Response) -> bytes:
    """Read an answer, unpacked. Raises ``TooBig``."""
    content = bytearray()
    for piece in answer.iter_content(CHUNK):
        content += piece
        if len(content) > MAX_BYTES:
            raise TooBig(f"{answer.url} gives more than {MAX_BYTES} bytes")
    return bytes(content)
