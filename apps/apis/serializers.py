"""The shapes of APIs on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from apps.apis.classic_checks import check_beside
from apps.apis.classic_members import BESIDE
from apps.apis.models import Api
from apps.core.exceptions import ApplicationError
from apps.core.ids import is_object_id
from apps.core.serializers import (
    GoTimeField,
    InputSerializer,
    ObjectField,
    StrictBooleanField,
    StrictIntegerField,
    TextField,
    TextListField,
)
from apps.core.tenancy import Caller

#: Who owns an API, beside its definition; another service gives it owners.
OWNERS = ("user_owners", "user_group_owners")


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
    """An API as lists and reads have it: the classic definition, and around it what gateways do not look at."""

    created_at = GoTimeField()
    updated_at = GoTimeField()
    api_model = serializers.DictField(default=dict, help_text="Always empty.")
    api_definition = serializers.DictField(source="served_definition")
    hook_references = serializers.ListField(child=serializers.DictField())
    is_site = serializers.BooleanField()
    sort_by = serializers.IntegerField()
    user_owners = serializers.ListField(child=serializers.CharField())
    user_group_owners = serializers.ListField(child=serializers.CharField())
    categories = serializers.ListField(child=serializers.CharField(), required=False)
    oas = serializers.DictField(source="document", required=False)

    def to_representation(self, instance: Api) -> dict[str, Any]:
        """Write it; documents as they are."""
        owners = instance.owner_ids()
        time = GoTimeField().to_representation
        return {
            "created_at": time((instance.created_at,)),
            "updated_at": time((instance.updated_at,)),
            "api_model": {},
            "api_definition": instance.served_definition,
            "hook_references": instance.hook_references,
            "is_site": instance.is_site,
            "sort_by": instance.sort_by,
            "user_owners": owners["userIds"],
            "user_group_owners": owners["userGroupIds"],
            "categories": instance.categories,
            **({} if instance.document is None else {"oas": instance.document}),
        }


class ApiInput(InputSerializer):
    """A classic definition in its wrapper. Members that are left out stay as they are, or are empty in a new API."""

    api_definition = ObjectField(source="definition", required=True)
    hook_references = serializers.ListField(child=ObjectField(), required=False)
    is_site = StrictBooleanField(required=False)
    sort_by = StrictIntegerField(required=False)
    user_owners = TextListField(child=TextField(allow_null=True))
    user_group_owners = TextListField(child=TextField(allow_null=True))
    categories = TextListField(
        child=TextField(allow_null=True), help_text="Not looked at: a classic API has its categories in its name."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Name the place of what has another type beside the definition. Raises ``InvalidApi``."""
        if isinstance(data, Mapping):
            named = {self.declared_name(name): value for name, value in data.items()}
            check_beside({name: value for name, value in named.items() if name in BESIDE["properties"]})
        return super().to_internal_value(data)

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the API; its public id and what it is called come out of the definition."""
        given = super().model_fields(organisation)
        fields = {name: value for name, value in given.items() if name not in {*OWNERS, "categories"}}
        given = fields["definition"]
        if isinstance(api_id := given.get("api_id"), str) and api_id:
            fields["api_id"] = api_id
        return fields


class NewApiInput(ApiInput):
    """A new API keeps the internal id that it came with, if that is one."""

    def model_fields(self, organisation: Any) -> dict[str, Any]:
        """Give the fields of the API."""
        fields = super().model_fields(organisation)
        given = fields["definition"].get("id")
        is_free = isinstance(given, str) and is_object_id(given) and not Api.objects.filter(pk=given).exists()
        return {**fields, **({"id": given} if is_free else {})}
