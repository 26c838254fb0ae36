"""The two steps of signing in: off to the provider, and back with a code."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.django_client import DjangoOAuth2App
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from redis import RedisError
from requests import RequestException, Timeout

from apps.core.encryption import DecryptionError
from apps.core.fetching import FetchRefused, TooBig
from apps.core.requests import is_storable
from apps.sso.identities import (
    STANDARD_EMAIL,
    VERIFIED,
    ExternalIdentity,
    Sources,
    claim,
    email_claim,
    group_claim,
    leaves_groups_out,
    name_claim,
)
from apps.sso.login_errors import ANSWER, AWAY, CANCELLED, PROVIDER, STATE, LoginRefused
from apps.sso.models import IdentityProvider
from apps.sso.openid import discovery
from apps.sso.openid.discovery import KEYS, Untrustworthy, metadata_of
from apps.sso.openid.http import ProviderSession
from apps.sso.openid.pending import PendingSignIn
from apps.sso.openid.seats import seat

logger = logging.getLogger(__name__)

# What costs time: others than the provider, who send it nonsense, bring about no such thing.
NO_ANSWER = (Timeout, requests.ConnectionError, TooBig)
LEEWAY = 60  # seconds that the clocks of both sides may differ
# What Authlib and joserfc raise when an answer is not of the shape they expect.
MALFORMED = (JoseError, Untrustworthy, DecryptionError, ValueError, KeyError, TypeError, AttributeError, RuntimeError)


class _Client(DjangoOAuth2App):  # type: ignore[misc]  # Authlib ships no types
    client_cls = ProviderSession

    def fetch_jwk_set(self, force: bool = False) -> dict[str, Any]:
        """Give the provider's keys without those of kinds that Weir does not know: they sign nothing for it."""
        told = super().fetch_jwk_set(force)
        return {"keys": [key for key in told["keys"] if _is_understood(key)]}


def authorize(request: HttpRequest, provider: IdentityProvider, callback_url: str, next_url: str) -> HttpResponse:
    """Give the redirect to the provider. Raises ``LoginRefused`` and ``ProviderBusy``."""
    with seat(provider), _refusals_explained(provider):
        client = _client(provider, request)
        answer: HttpResponse = client.authorize_redirect(request, callback_url)
        client.framework.keep(answer, callback_url, next_url)
        return answer


def callback(request: HttpRequest, provider: IdentityProvider) -> ExternalIdentity:
    """Give the person that the provider vouches for. Raises ``LoginRefused`` and ``ProviderBusy``.

    The account with the verified address is theirs whatever the settings say: to look for it is what a
    provider was set up for.
    """
    with seat(provider), _refusals_explained(provider):
        sources = _sources(request, provider)
        groups_left_out = leaves_groups_out(sources, provider.group_claim)
        if groups_left_out:
            logger.warning("%s left out the groups of somebody; it must be set up to send them", provider.slug)
        return ExternalIdentity(
            organisation=provider.organisation_id,
            email=email_claim(sources, provider.email_claim, trusted=provider.trusts_email),
            name=name_claim(sources),
            groups=provider.groups_of(group_claim(sources, provider.group_claim)),
            is_looked_up=True,
            only_registered=provider.only_registered,
            provider=provider.pk,
            groups_left_out=groups_left_out,
        )


def _sources(request: HttpRequest, provider: IdentityProvider) -> Sources:
    client = _client(provider, request)
    keys = client.server_metadata[KEYS]
    options = {
        "iss": {"essential": True, "values": [provider.issuer]},
        "aud": {"essential": True, "values": [provider.client_id]},
    }
    token = client.authorize_access_token(request, claims_options=options, leeway=LEEWAY)
    if not token.get("userinfo"):
        raise Untrustworthy("The provider sent no ID token")
    if client.server_metadata[KEYS] is not keys:  # it signs with a new one
        discovery.keep(provider, client.server_metadata)
    sources = [dict(token["userinfo"]), _more_claims(client, provider, token)]
    if not is_storable(sources):
        raise Untrustworthy("The provider's claims hold what cannot be stored")
    return sources


def _more_claims(client: _Client, provider: IdentityProvider, token: dict[str, Any]) -> dict[str, Any]:
    """Ask the provider for what its ID token leaves out; the answer must be about the same person (Core 5.3.2)."""
    verified = VERIFIED if provider.email_claim == STANDARD_EMAIL and not provider.trusts_email else ""
    sought = [name for name in (provider.email_claim, verified, provider.group_claim) if name]
    is_complete = all(claim(token["userinfo"], name) is not None for name in sought)
    if is_complete or "userinfo_endpoint" not in client.server_metadata:
        return {}
    told = dict(client.userinfo(token=token))
    if told.get("sub") != token["userinfo"]["sub"]:
        raise Untrustworthy("The provider told about somebody else")
    return told


def _is_understood(key: Any) -> bool:
    try:
        return bool(KeySet.import_key_set({"keys": [key]}))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _client(provider: IdentityProvider, request: HttpRequest) -> _Client:
    metadata = metadata_of(provider)
    pending = PendingSignIn(provider, request)
    options = {"scope": provider.scope, "code_challenge_method": "S256"}
    if method := _authentication(provider, metadata.get("token_endpoint_auth_methods_supported")):
        options["token_endpoint_auth_method"] = method
    return _Client(
        pending,
        name=pending.name,
        client_id=provider.client_id,
        client_secret=provider.client_secret or None,
        client_kwargs=options,
        **metadata,
    )


def _authentication(provider: IdentityProvider, offered: Any) -> str:
    """How to show the client secret: as a header unless the provider does not take that (Discovery 1.0, 3)."""
    if not provider.encrypted_secret:
        return "none"
    return "client_secret_post" if offered and "client_secret_basic" not in offered else "client_secret_basic"


@contextmanager
def _refusals_explained(provider: IdentityProvider) -> Iterator[None]:
    """Turn whatever goes wrong into words for the person; the cause goes to the log."""
    try:
        if discovery.is_away(provider):
            raise LoginRefused(PROVIDER)
        yield
    except MismatchingStateError as error:
        raise LoginRefused(STATE) from error
    except OAuthError as error:
        raise _refused(provider, CANCELLED if error.error == "access_denied" else ANSWER, error) from error
    except RequestException as error:
        if isinstance(error, NO_ANSWER):
            discovery.remember_away(provider)
        raise _refused(provider, PROVIDER, error) from error
    except FetchRefused as error:
        raise _refused(provider, PROVIDER, error) from error
    except RedisError as error:
        raise _refused(provider, AWAY, error) from error
    except MALFORMED as error:
        raise _refused(provider, ANSWER, error) from error


def _refused(provider: IdentityProvider, reason: str, error: Exception) -> LoginRefused:
    logger.warning("Signing in with %s failed: %s: %s", provider.slug, type(error).__name__, error)
    return LoginRefused(reason)
