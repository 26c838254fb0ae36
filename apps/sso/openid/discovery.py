"""What an identity provider says of itself: its endpoints and its keys, kept for some minutes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from requests import RequestException

from apps.core.encryption import DecryptionError, decrypt_object, encrypt_object
from apps.core.fetching import FetchRefused, check_url
from apps.sso.models import IdentityProvider
from apps.sso.openid.http import ProviderSession
from apps.sso.openid.seats import ProviderBusy, seat

KEPT_FOR = 600  # seconds; keys that a provider changes without naming them anew fail for as long
AWAY_FOR = 10  # seconds
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
USERINFO = "userinfo_endpoint"
OPTIONAL = (USERINFO, "token_endpoint_auth_methods_supported")
ALGORITHMS = "id_token_signing_alg_values_supported"
#: Signatures that only the provider can make. Not ``none``, and no HMAC: the client secret is no signing key.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KEYS = "jwks"


class Untrustworthy(Exception):
    """What a provider says of itself, or of a person, is not to be relied on; the text is for the log."""


def metadata_of(provider: IdentityProvider) -> dict[str, Any]:
    """Give the provider's metadata and keys, from the cache if they are there.

    Only the members that are used: the rest would be options of the client that carries them out.
    Raises ``Untrustworthy``, ``FetchRefused`` and what the session raises.
    """
    known = _kept(provider)
    if known.get("issuer") != provider.issuer:
        known = _fetched(provider)
        keep(provider, known)
    return known


def problem_of(provider: IdentityProvider) -> str:
    """Ask a provider, saved or not, to describe itself; say what is wrong, "" when nothing is."""
    try:
        with seat(provider):
            _fetched(provider)
    except ProviderBusy:
        return "So many wait for providers at the moment that this one was not asked. Save again."
    except (FetchRefused, Untrustworthy) as error:
        return str(error)
    except (RequestException, ValueError, TypeError, AttributeError):
        return f"{provider.described_at} gives no description of a provider."
    return ""


def keep(provider: IdentityProvider, metadata: Mapping[str, Any]) -> None:
    """Keep metadata in the cache, encrypted: who could change the keys there could sign as the provider."""
    cache.set(_key(provider), encrypt_object(metadata), KEPT_FOR)


def remember_away(provider: IdentityProvider) -> None:
    """Ask a provider nothing for some seconds: it does not answer, and everybody who asks it holds a thread."""
    cache.set(f"{_key(provider)}-away", True, AWAY_FOR)


def is_away(provider: IdentityProvider) -> bool:
    """Tell whether a provider did not answer a moment ago."""
    return bool(cache.get(f"{_key(provider)}-away"))


def _kept(provider: IdentityProvider) -> dict[str, Any]:
    try:
        return decrypt_object(str(cache.get(_key(provider))), KEPT_FOR)
    except DecryptionError:
        return {}


def _fetched(provider: IdentityProvider) -> dict[str, Any]:
    with ProviderSession() as session:
        told = session.document(provider.described_at)
        if told.get("issuer") != provider.issuer:
            raise Untrustworthy(f"The provider calls itself {told.get('issuer')!r}, not {provider.issuer!r}")
        if missing := [name for name in ENDPOINTS if not isinstance(told.get(name), str)]:
            raise Untrustworthy(f"The provider names no {', '.join(missing)}")
        taken = {name: told[name] for name in (*ENDPOINTS, *OPTIONAL) if told.get(name)}
        for url in (taken[name] for name in (*ENDPOINTS, USERINFO) if name in taken):
            check_url(str(url))
        return {
            **taken,
            "issuer": provider.issuer,
            ALGORITHMS: _signatures(told),
            KEYS: session.document(told["jwks_uri"]),
        }


def _signatures(told: Mapping[str, Any]) -> list[str]:
    offered = told.get(ALGORITHMS) or ["RS256"]
    return [name for name in SIGNATURES if name in offered]


def _key(provider: IdentityProvider) -> str:
    places = f"{provider.issuer} {provider.described_at}"
    return f"sso-provider-{provider.pk}-{hashlib.sha256(places.encode()).hexdigest()}"
