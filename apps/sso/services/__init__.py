"""What single sign-on does: people come in, nonces are made, identity providers are set up."""

from apps.sso.services.admission import admit, complete, redeem
from apps.sso.services.providers import keep_provider, may_list, remove_provider
from apps.sso.services.vouching import vouch

__all__ = ["admit", "complete", "keep_provider", "may_list", "redeem", "remove_provider", "vouch"]
