"""OpenID Connect, spoken by Authlib: the code flow with PKCE, state and nonce."""

from apps.sso.openid.flow import authorize, callback
from apps.sso.openid.pending import PendingSignIn
from apps.sso.openid.seats import ProviderBusy

__all__ = ["PendingSignIn", "ProviderBusy", "authorize", "callback"]
