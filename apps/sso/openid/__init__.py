"""OpenID Connect, spoken by Authlib: the code flow with PKCE, state and nonce."""

from apps.sso.openid.flow import completed, started

__all__ = ["completed", "started"]
