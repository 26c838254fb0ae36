"""What is kept in this app: identity providers."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.sso.models import IdentityProvider
from apps.sso.serializers import IdentityProviderInput, IdentityProviderSerializer
from apps.sso.services import delete_provider, save_provider

IDENTITY_PROVIDERS = Resource(
    queryset=IdentityProvider.objects.all(),
    path="/api/tib/profiles",
    permission_object=None,
    serializer=IdentityProviderSerializer,
    update_input=IdentityProviderInput,
    create=save_provider,
    update=save_provider,
    delete=delete_provider,
)
