"""How many threads may wait for identity providers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from apps.sso.models import IdentityProvider

#: Threads of a process that wait for providers at the same time, each for one of another organisation: no provider
#: keeps Weir from answering others, and no organisation those of the others from signing in.
SEATS = 2
_lock = Lock()
_waiting_for: set[str | None] = set()  # ids of organisations


class ProviderBusy(Exception):
    """So many threads wait for providers that this one does not: ask again in a moment."""


@contextmanager
def seat(provider: IdentityProvider) -> Iterator[None]:
    """Be one of the threads that wait for a provider. Raises ``ProviderBusy``."""
    with _lock:
        if len(_waiting_for) >= SEATS or provider.organisation_id in _waiting_for:
            raise ProviderBusy
        _waiting_for.add(provider.organisation_id)
    try:
        yield
    finally:
        with _lock:
            _waiting_for.remove(provider.organisation_id)
