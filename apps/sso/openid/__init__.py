"""OpenID Connect, spoken by Authlib: the code flow with PKCE, state and nonce."""

from apps.sso.openid.flow import ProviderBusy, authorize, callback
from apps.sso.openid.pending import PendingSignIn

__all__ = ["PendingSignIn", "ProviderBusy", "authorize", "callback"]
