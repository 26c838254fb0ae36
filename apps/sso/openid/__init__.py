"""OpenID Connect, spoken by Authlib: the code flow with PKCE, state and nonce."""

from apps.sso.openid.flow import authorize, callback

__all__ = ["authorize", "callback"]
