"""The REST endpoint that migrates classic APIs. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis.models import Api
from apps.apis.oas.migrating import MODES, Migration, Outcome
from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.requests import user_of, validated_body
from apps.core.serializers import StrictBooleanField, TextField
from apps.core.viewsets import RestView

REFUSAL = (400, MALFORMED)


class MigrationSerializer(serializers.Serializer[Any]):
    """Which APIs are migrated, and how: `apiIDs` or `all`."""

    mode = serializers.ChoiceField(choices=MODES)
    apiIDs = serializers.ListField(child=TextField(), required=False, default=list)  # noqa: N815  (its name)
    all = StrictBooleanField(required=False, default=False)
    abortOnFailure = StrictBooleanField(required=False, default=False)  # noqa: N815
    overrideStaged = StrictBooleanField(required=False, default=False)  # noqa: N815


class MigrationView(RestView):
    """Classic APIs become APIs that are kept as OpenAPI documents."""

    permission_object = "apis"

    @extend_schema(
        summary="Migrate classic APIs to OpenAPI documents",
        request=MigrationSerializer,
        responses={200: dict[str, Any]},
    )
    def post(self, request: Request) -> Response:
        """Try it out, stage copies, promote them, or migrate at once; an API that would lose something fails."""
        sent = validated_body(request, MigrationSerializer, REFUSAL, empty=REFUSAL, unreadable=REFUSAL).validated_data
        if bool(sent["apiIDs"]) == sent["all"]:
            raise ApplicationError("Either apiIDs or all must be given, and not both")
        apis, unknown = self._meant(sent["apiIDs"])
        how = {"aborts": sent["abortOnFailure"], "overrides": sent["overrideStaged"]}
        return Response(_told(Migration(sent["mode"], user_of(request), **how).run(apis, unknown)))

    def _meant(self, ids: list[str]) -> tuple[list[Api], list[str]]:
        """Give the APIs of some ids, or all that the caller sees; and the ids of none."""
        rows = Api.objects.visible_to(self.request.user).exclude(kind=Api.Kind.MCP)
        rows = rows.select_related("organisation", "base").order_by("created_at", "pk")
        if not ids:
            return list(rows.filter(kind=Api.Kind.CLASSIC)), []
        found = {one: rows.named(one).first() for one in dict.fromkeys(ids)}
        apis = {api.pk: api for api in found.values() if api is not None}
        return list(apis.values()), [one for one, api in found.items() if api is None]


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "success": {
            "count": len(outcome.done),
            "apiIDs": outcome.done,
            "stagedAPIs": outcome.staged,
            "definitions": outcome.definitions,
        },
        "failure": {"count": len(outcome.failed), "errors": outcome.failed},
        "skipped": {"count": len(outcome.skipped), "apis": outcome.skipped},
        "abortedOnFailure": outcome.is_aborted,
    }
