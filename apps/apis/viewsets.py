"""REST endpoints of APIs: classic definitions, categories, and who owns an API. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis import services
from apps.apis.classic import address_of
from apps.apis.filters import ApiFilter
from apps.apis.imports import ApiImport, bases_last, import_api, public_id_of
from apps.apis.models import Api
from apps.apis.resources import APIS
from apps.apis.serializers import AccessSerializer
from apps.core.envelope import ok
from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.imports import import_each, imported
from apps.core.openapi import ENVELOPE
from apps.core.pagination import paged
from apps.core.requests import validated_body
from apps.core.viewsets import AdminSecretMixin, ResourceViewSet, RestView, TenantViewSet

#: Status and wording are the documented ones, the noun too.
NOT_UNMARSHALLED = (500, "failed to unmarshal categories payload")
NO_DETAIL = "Could not retrieve API detail"
BASE_HEADER = "x-tyk-base-api-id"


class OtherId(ApplicationError):
    """The body is about another API than the path. Status and wording are the documented ones."""

    status = 400
    message = "Invalid `ID` value"


class KeptAsDocument(ApplicationError):
    """The API is kept as an OpenAPI document, and a classic definition would be lost with the next change of that."""

    status = 400
    message = "This API is kept as an OpenAPI document: change it through /api/apis/oas"


class ApiViewSet(ResourceViewSet):
    """APIs of the caller's organisation. Paths have internal or public ids."""

    resource = APIS
    queryset = Api.objects.exclude(kind=Api.Kind.MCP).with_owners().select_related("base", "organisation")
    filterset_class = ApiFilter
    pagination_class = paged("apis")
    done = {"update": "API updated"}
    missing = {
        **dict.fromkeys(["retrieve", "url"], (400, NO_DETAIL)),
        "update": (404, "API definition does not exist"),
        "": (404, NO_DETAIL),
    }
    operations = {
        "retrieve": f"Read an API\nA version of another API has that one's public id in the header `{BASE_HEADER}`."
    }

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.named(sought)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the API, and in a header what it is a version of."""
        api = self.get_object()
        headers = {BASE_HEADER: api.base.api_id} if api.base else {}
        return Response(self.get_serializer(api).data, headers=headers)

    def create(self, request: Request) -> Response:
        """Make an API; ``Meta`` is its internal id and ``ID`` its public one."""
        response = super().create(request)
        api = Api.objects.get(pk=response.data["Meta"])
        self._set_owners(api)
        return Response({**response.data, "ID": api.api_id})

    def new_fields(self, values: Any) -> dict[str, Any]:
        """Give the fields of a new API; a super user says in the definition whose it is."""
        definition = values.validated_data["definition"]
        organisation = self.organisation_for(definition.get("org_id") or "")
        return {"organisation": organisation, **values.model_fields(organisation)}

    def update(self, request: Request, pk: str) -> Response:
        """Replace the definition."""
        api = self.get_object()
        values = self.validated(self.resource.update_input)
        given = values.validated_data["definition"].get("id")
        if given not in (None, "", api.pk):
            raise OtherId
        if not api.is_classic and not settings.ALLOW_UNSAFE_OAS:
            raise KeptAsDocument
        self.call(self.resource.update, api, values.model_fields(api.organisation))
        self._set_owners(api)
        return self.answer(api)

    def _set_owners(self, api: Api) -> None:
        """Give the API the owners that the body names; a list that is not there, or ``null``, changes nothing."""
        body: Any = self.request.data
        users, groups = body.get("user_owners"), body.get("user_group_owners")
        if users is not None or groups is not None:
            services.set_known_owners(api=api, user_ids=users, group_ids=groups)

    @extend_schema(
        summary="Tell where an API listens",
        responses=inline_serializer(
            "ApiUrl", {name: serializers.CharField() for name in ("ApiURL", "BasePath", "Host")}
        ),
    )
    def url(self, request: Request, pk: str) -> Response:
        """Give address, path and host."""
        address, path, host = address_of(self.get_object().definition, settings.GATEWAY_URL)
        return Response({"ApiURL": address, "BasePath": path, "Host": host})

    @extend_schema(
        summary="List categories with the number of their APIs",
        responses=inline_serializer(
            "Categories",
            {
                "categories": inline_serializer(
                    "Category", {"name": serializers.CharField(), "count": serializers.IntegerField()}, many=True
                )
            },
        ),
    )
    def categories(self, request: Request) -> Response:
        """Give each category of an API that the caller sees, with how many have it."""
        counted = [{"name": name, "count": len(ids)} for name, ids in self.get_queryset().by_category().items()]
        return Response({"categories": counted})

    @extend_schema(summary="List the APIs of each category", responses={200: dict[str, list[str]]})
    def groups(self, request: Request) -> Response:
        """Give category → public ids."""
        return Response(self.get_queryset().by_category())


class AccessViewSet(TenantViewSet):
    """The owners of an API of any kind. The path has its internal or its public id (dashboard, 5.13)."""

    queryset = Api.objects.all()
    serializer_class = AccessSerializer
    permission_object = "apis"
    missing = {"": (404, "API not found")}
    audit_actions = {"retrieve": "Read API Access", "update": "Update API Access"}

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Take either id."""
        return rows.named(sought)

    @extend_schema(summary="Read who owns an API", responses=AccessSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Give the ids of its owners."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(summary="Replace the owners of an API", request=AccessSerializer, responses=ENVELOPE)
    def update(self, request: Request, pk: str) -> Response:
        """Replace both lists."""
        api = self.get_object()
        sent = validated_body(request, AccessSerializer, NOT_UNMARSHALLED, unreadable=NOT_UNMARSHALLED).validated_data
        owners = {name: sent.get(name) or [] for name in ("userIds", "userGroupIds")}
        services.set_owner_ids(api=api, user_ids=owners["userIds"], group_ids=owners["userGroupIds"])
        return Response(ok("API access updated"))


class ApiImportView(AdminSecretMixin, RestView):
    """APIs of another Weir, with their ids and owners."""

    audit_actions = {"post": "Import APIs"}

    @extend_schema(summary="Import APIs under their own ids", request=ApiImport, responses=ENVELOPE)
    def post(self, request: Request) -> Response:
        """Import what the list gave. ``Meta`` says for each public id whether it is here; the message, why not."""
        sent = bases_last(validated_body(request, ApiImport, (403, MALFORMED)).validated_data["apis"])
        return Response(imported("APIs", import_each(sent, import_api, id_of=public_id_of, noun="API")))
