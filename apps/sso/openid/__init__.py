"""OpenID Connect, spoken by Authlib: the code flow with PKCE, state and nonce."""

from apps.sso.openid.flow import ProviderBusy, authorize, callback

__all__ = ["ProviderBusy", "authorize", "callback"]
