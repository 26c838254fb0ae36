"""REST endpoints that reach gateways: what they are to forget, and a request through one. As of dashboard 5.13."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.apis.models import Api
from apps.apis.notifications import FORGET_JWKS, notify
from apps.audit.services import record_event
from apps.core.exceptions import ApplicationError
from apps.core.fetching import FetchError, fetch
from apps.core.requests import validated_body
from apps.core.serializers import TextField
from apps.core.viewsets import RestView

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
INVALID = (400, "Invalid proxy request")


class JwksCacheView(RestView):
    """The key sets that gateways keep of an API; for administrators."""

    permission_object = None

    @extend_schema(
        summary="Have gateways fetch the key sets of an API anew",
        request=None,
        responses=inline_serializer("JwksCache", {n: serializers.CharField() for n in ("message", "status")}),
    )
    @transaction.atomic
    def delete(self, request: Request, pk: str) -> Response:
        """Tell all gateways. The path has the internal or the public id; this answer has names of its own."""
        api = Api.objects.visible_to(request.user).named(pk).first() if "\0" not in pk else None
        if api is None:
            return Response({"message": "API not found", "status": "error"}, status=404)
        notify(FORGET_JWKS, api.api_id, organisation=api.organisation_id)
        subject: dict[str, Any] = {"kind": Api.audit_kind(), "id": api.pk, "organisation": api.organisation_id}
        record_event(action="Invalidate JWKS Cache", apis=api.audit_apis(), **subject)
        return Response({"message": "success", "status": "OK"})


class ProxySerializer(serializers.Serializer[Any]):
    """A request through a gateway."""

    method = serializers.ChoiceField(choices=METHODS)
    url = TextField(max_length=8192, allow_blank=False)
    headers = serializers.DictField(child=TextField(), required=False, default=dict)
    body = serializers.JSONField(required=False, default=None, help_text="A text is sent as it is.")


class ProxyView(RestView):
    """A request through a gateway, for trying an API out."""

    permission_object = "apis"

    @extend_schema(
        summary="Send a request through a gateway",
        request=ProxySerializer,
        responses=inline_serializer(
            "ProxyAnswer",
            {
                "status_code": serializers.IntegerField(),
                "headers": serializers.DictField(child=serializers.CharField()),
                "body": serializers.DictField(),
            },
        ),
    )
    def post(self, request: Request) -> Response:
        """Give what the gateway answers. `body` is an object: JSON that is none, or any other text, stands in `text`.

        It may change things behind the gateway, so it needs the right to write.
        """
        sent = validated_body(request, ProxySerializer, INVALID, empty=INVALID, unreadable=INVALID).validated_data
        if not is_gateway(sent["url"]):
            raise ApplicationError("Provided URL is not a recognised gateway URL", 403)
        body = sent["body"]
        content = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        try:
            answer = fetch(sent["url"], method=sent["method"], headers=sent["headers"], body=content)
        except FetchError as error:
            raise ApplicationError(f"Failed to process proxy request: {str(error).rstrip('.')}", 500) from error
        headers = {str(name): str(value) for name, value in answer.headers.items()}
        return Response({"status_code": answer.status_code, "headers": headers, "body": _as_object(answer)})


def is_gateway(url: str) -> bool:
    """Tell whether a URL is one of the gateway: same scheme, host and port."""
    try:
        asked, known = urlsplit(url), urlsplit(settings.GATEWAY_URL)
        return (asked.scheme, asked.hostname, asked.port) == (known.scheme, known.hostname, known.port)
    except ValueError:
        return False


def _as_object(answer: Any) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {"text": answer.text}
