"""REST endpoints of example APIs. Answers as of dashboard 5.13."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.apis.examples import example, examples
from apps.core.viewsets import AdmissionMixin

INDEX = OpenApiParameter("x-tyk-examples-index", str, location="header", description="URL of another index.")
ROOT = OpenApiParameter("x-tyk-repo-url", str, location="header", description="URL below which the examples lie.")


class ExampleSerializer(serializers.Serializer[Any]):
    """An example in the list."""

    location = serializers.CharField()
    name = serializers.CharField()
    shortDescription = serializers.CharField()  # noqa: N815  (its name)


class ExampleQuery(serializers.Serializer[Any]):
    """What of an example is wanted."""

    readme = serializers.BooleanField(required=False, default=False, help_text="Its text.")
    apiDef = serializers.BooleanField(required=False, default=False, help_text="Its API.")  # noqa: N815  (its name)


class ExampleViewSet(AdmissionMixin, ViewSet):
    """Example APIs of a public repository, or of one that the caller names."""

    permission_object = "apis"

    @extend_schema(summary="List example APIs", parameters=[INDEX], responses=ExampleSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Give the examples that the index names."""
        found = examples(request.headers.get("x-tyk-examples-index", ""))
        shown = [
            {
                "location": one["location"],
                "name": one.get("name", ""),
                "shortDescription": one.get("shortDescription") or one.get("description", ""),
            }
            for one in found
        ]
        return Response(shown)

    @extend_schema(
        summary="Read an example API", parameters=[INDEX, ROOT, ExampleQuery], responses={200: dict[str, Any]}
    )
    def retrieve(self, request: Request, location: str) -> Response:
        """Give an example, with its text and its API where these are wanted."""
        query = ExampleQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Response(
            example(
                request.headers.get("x-tyk-examples-index", ""),
                location,
                root=request.headers.get("x-tyk-repo-url", ""),
                readme=query.validated_data["readme"],
                definition=query.validated_data["apiDef"],
            )
        )
