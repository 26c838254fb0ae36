"""The shapes that stand around documents: what may be said in a query, and the answers that are no documents."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.apis.oas.importing import Options
from apps.apis.oas.services import VersionOptions
from apps.core.serializers import TextField

SWITCH: dict[str, Any] = {"required": False, "allow_null": True, "default": None}
TEXT: dict[str, Any] = {"required": False, "allow_blank": True, "default": "", "max_length": 2048}


class VersionQuery(serializers.Serializer[Any]):
    """As which version of which API an API is made."""

    base_api_id = serializers.CharField(**TEXT, help_text="Either id of the API that it is a version of.")
    base_api_version_name = serializers.CharField(**TEXT, help_text="What that API is called as a version.")
    new_version_name = serializers.CharField(**TEXT, help_text="What this one is called as a version.")
    set_default = serializers.BooleanField(required=False, default=False, help_text="Serve it where none is asked for.")

    @property
    def versions(self) -> VersionOptions:
        """What was said."""
        return VersionOptions(**{str(name): self.validated_data[name] for name in VersionQuery().fields})


class CreateQuery(VersionQuery):
    """The query of a new API."""

    templateID = serializers.CharField(**TEXT, help_text="Either id of a template.")  # noqa: N815  (its name)


class StreamsPatchQuery(VersionQuery):
    """The query of a patch of streams, which have no upstream. What is left out stays; ``false`` switches off."""

    listenPath = serializers.CharField(**TEXT, help_text="Where the gateway listens.")  # noqa: N815
    customDomain = serializers.CharField(**TEXT, help_text="The domain that it is served at.")  # noqa: N815
    allowList = serializers.BooleanField(**SWITCH, help_text="Let no other requests through.")  # noqa: N815
    validateRequest = serializers.BooleanField(**SWITCH, help_text="Check requests.")  # noqa: N815
    mockResponse = serializers.BooleanField(**SWITCH, help_text="Answer from examples and schemas.")  # noqa: N815
    authentication = serializers.BooleanField(**SWITCH, help_text="Ask callers for what `security` says.")

    @property
    def options(self) -> Options:
        """What was said."""
        names = Options.__dataclass_fields__
        return Options(**{name: self.validated_data[name] for name in names if name in self.validated_data})


class PatchQuery(StreamsPatchQuery):
    """The query of a patch."""

    upstreamURL = serializers.CharField(**TEXT, help_text="Where requests go on to.")  # noqa: N815


class ImportQuery(PatchQuery, CreateQuery):
    """The query of an import."""

    templateId = serializers.CharField(**TEXT, help_text="The same as `templateID`.")  # noqa: N815
    apiID = serializers.CharField(**TEXT, help_text="The public id of the new API.")  # noqa: N815


class PurgeQuery(serializers.Serializer[Any]):
    """The query of a deletion."""

    purge = serializers.BooleanField(
        required=False, default=False, help_text="Its versions too; else they stand alone."
    )


class ApiCategoriesSerializer(serializers.Serializer[Any]):
    """Categories of an API; ``null`` is the same as none."""

    categories = serializers.ListField(child=TextField(max_length=255), allow_null=True)


class VersionSerializer(serializers.Serializer[Any]):
    """A version of an API."""

    id = serializers.CharField(help_text="Public id.")
    name = serializers.CharField()
    versionName = serializers.CharField()  # noqa: N815
    internal = serializers.BooleanField()
    isDefaultVersion = serializers.BooleanField()  # noqa: N815
    expirationDate = serializers.CharField(help_text="Empty where it does not expire.")  # noqa: N815


class NamedValueSerializer(serializers.Serializer[Any]):
    """A header or a parameter that tells a version."""

    name = serializers.CharField()
    value = serializers.CharField()


class AddressSerializer(serializers.Serializer[Any]):
    """One address of an API; paths have no slashes at their ends, and a usual port is ``null``."""

    protocol = serializers.CharField()
    domain = serializers.CharField()
    port = serializers.IntegerField(allow_null=True)
    listen_path = serializers.CharField()
    endpoint_path = serializers.CharField()
    query_parameters = NamedValueSerializer(many=True)
    headers = NamedValueSerializer(many=True)
    url = serializers.CharField()


class AddressesSerializer(serializers.Serializer[Any]):
    """The addresses of an API, the one with its version first."""

    api_id = serializers.CharField()
    urls = AddressSerializer(many=True)
