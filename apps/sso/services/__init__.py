"""What single sign-on does: people come in, nonces are made, identity providers are set up."""

from apps.sso.services.login import check_impersonation, login, refuse_login
from apps.sso.services.nonces import issue_nonce
from apps.sso.services.providers import delete_provider, may_list, save_provider

__all__ = [
    "check_impersonation",
    "delete_provider",
    "issue_nonce",
    "login",
    "may_list",
    "refuse_login",
    "save_provider",
]
