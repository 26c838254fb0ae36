"""The body that brokers send, and what identity providers are like: shape only."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.serializers import InputSerializer, StrictBooleanField, TextField
from apps.sso.models import IdentityProvider, validate_fetched, validate_issuer, validate_slug_is_free
from apps.sso.services.nonces import SECTIONS


def _text() -> serializers.CharField:
    # Brokers are written in Go: what they leave empty may be null.
    return serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=1000)


class NonceSerializer(InputSerializer):
    """A person to be signed in. Older brokers call ``EmailAddress`` ``Email``."""

    ForSection = serializers.CharField(help_text=" or ".join(SECTIONS))
    OrgID = _text()
    EmailAddress = _text()
    Email = _text()
    DisplayName = _text()
    GroupID = _text()
    GroupsIDs = serializers.ListField(child=_text(), required=False, allow_null=True, max_length=1000)
    SSOOnlyForRegisteredUsers = StrictBooleanField(required=False, default=False)
    UserNotAllowed = StrictBooleanField(required=False, default=False)


class IdentityProviderSerializer(serializers.Serializer[IdentityProvider]):
    """An identity provider; its secret is never told."""

    id = serializers.CharField()
    org_id = serializers.CharField(source="organisation_id")
    name = serializers.CharField()
    slug = serializers.CharField()
    issuer = serializers.CharField()
    discovery_url = serializers.CharField()
    client_id = serializers.CharField()
    scopes = serializers.CharField()
    email_claim = serializers.CharField()
    group_claim = serializers.CharField()
    default_group_id = serializers.CharField()
    trusts_email = serializers.BooleanField()
    only_registered = serializers.BooleanField()
    is_listed = serializers.BooleanField()
    is_active = serializers.BooleanField()


class IdentityProviderInput(InputSerializer):
    """What may be said of an identity provider."""

    name = TextField(max_length=100, allow_blank=False)
    slug = serializers.SlugField(max_length=50, required=False, validators=[validate_slug_is_free])
    issuer = TextField(max_length=255, validators=[validate_issuer])
    discovery_url = TextField(max_length=255, validators=[validate_fetched])
    client_id = TextField(max_length=255)
    scopes = TextField(max_length=255)
    email_claim = TextField(max_length=100, allow_blank=False)
    group_claim = TextField(max_length=100)
    trusts_email = StrictBooleanField(required=False)
    only_registered = StrictBooleanField(required=False)
    is_listed = StrictBooleanField(required=False)
    is_active = StrictBooleanField(required=False)
