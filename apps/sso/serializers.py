"""The body that brokers send: shape only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.sso.services.nonces import SECTIONS


def _text() -> serializers.CharField:
    # Brokers are written in Go: what they leave empty may be null.
    return serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=1000)


class NonceSerializer(serializers.Serializer[Any]):
    """A person to be signed in. Older brokers call ``EmailAddress`` ``Email``."""

    ForSection = serializers.CharField(help_text=" or ".join(SECTIONS))
    OrgID = _text()
    EmailAddress = _text()
    Email = _text()
    DisplayName = _text()
    GroupID = _text()
    GroupsIDs = serializers.ListField(child=_text(), required=False, allow_null=True, max_length=1000)
    SSOOnlyForRegisteredUsers = serializers.BooleanField(required=False, default=False)
    UserNotAllowed = serializers.BooleanField(required=False, default=False)
