"""The shapes of APIs on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from apps.apis.models import Api
from apps.core.exceptions import ApplicationError
from apps.core.serializers import InputSerializer, TextField, TextListField
from apps.core.tenancy import Caller


class UnknownApis(ApplicationError):
    """An API is not there, or not for who names it: nobody is told which of both."""

    status = 400
    message = "Unknown APIs"


class ApiIdsField(TextListField):
    """Public ids of APIs of the same organisation that the caller may see; ``model_fields`` gives them in order."""

    def resolve(self, sent: Sequence[str], organisation: Any, actor: Caller | None) -> list[str]:
        """Give the ids, each once. Raises ``UnknownApis``."""
        apis = Api.objects.all() if actor is None else Api.objects.visible_to(actor)
        found = set(apis.filter(organisation=organisation, api_id__in=sent).values_list("api_id", flat=True))
        if missing := [api_id for api_id in sent if api_id not in found]:
            raise UnknownApis(f"Unknown APIs: {', '.join(missing)}")
        return list(dict.fromkeys(sent))


class AccessSerializer(serializers.Serializer[Api]):
    """Who owns an API: ids of users and of user groups. ``null`` is the same as an empty list."""

    userIds = TextListField(allow_null=True)  # noqa: N815  (its name)
    userGroupIds = TextListField(allow_null=True)  # noqa: N815  (its name)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a body that names neither list: it was not meant to open the API to everybody."""
        if not attrs:
            raise serializers.ValidationError("Neither userIds nor userGroupIds is given.")
        return attrs

    def to_representation(self, instance: Api) -> dict[str, Any]:
        """Write both lists."""
        return instance.owner_ids()


class ApiSerializer(serializers.Serializer[Api]):
    """An API as far as the staff site makes it."""

    id = serializers.CharField()
    org_id = serializers.CharField(source="organisation_id")
    api_id = serializers.CharField()
    name = serializers.CharField()
    active = serializers.BooleanField()


class ApiInput(InputSerializer):
    """What the staff site says of an API."""

    api_id = TextField(max_length=255, allow_blank=False)
    name = TextField(max_length=255, allow_blank=False)
    active = serializers.BooleanField(required=False)
    org_id = TextField(max_length=24)
