"""A REST resource made for tests of what all REST resources share: the users of an organisation."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from apps.core.envelope import ok
from apps.core.exceptions import ApplicationError
from apps.core.pagination import paged
from apps.core.requests import json_body
from apps.core.viewsets import AdminViewSet, TenantViewSet
from apps.users.models import User
from config import urls


class PersonSerializer(serializers.ModelSerializer[User]):
    """The shape of a test resource."""

    class Meta:
        model = User
        fields = ["id", "email"]


class PersonViewSet(ListModelMixin, RetrieveModelMixin, TenantViewSet):
    """Users, as a resource with documented refusals."""

    queryset = User.objects.all()
    serializer_class = PersonSerializer
    permission_object = "users"
    pagination_class = paged("people")
    missing = {"": (404, "Could not retrieve person")}

    def create(self, request: Request) -> Response:
        """Give back what came, to show how bodies are read."""
        return Response(ok("Person read", json_body(self.request)["email"]))

    def partial_update(self, request: Request, pk: str) -> Response:
        """Check a body with the serializer."""
        PersonSerializer(data=json_body(self.request)).is_valid(raise_exception=True)
        return Response(ok("Person valid"))


class AdminPersonViewSet(ListModelMixin, AdminViewSet):
    """Users of every organisation."""

    queryset = User.objects.all()
    serializer_class = PersonSerializer
    pagination_class = paged("people")


class AdministratorsOnlyView(APIView):
    """Has no permission object: administrators only."""

    permission_object = None

    def get(self, request: Request) -> Response:
        """Answer whoever comes in."""
        return Response(ok("Welcome"))


class FailingView(APIView):
    """Raises what its path asks for."""

    permission_object = "users"

    def get(self, request: Request, way: str) -> Response:
        """Fail."""
        ways: dict[str, Exception] = {
            "bug": KeyError("a secret detail"),
            "refused": ApplicationError("No such luck", 418),
            "throttled": Throttled(wait=30),
            "away": OperationalError("connection refused"),
        }
        raise ways[way]


def failing_page(request: HttpRequest, way: str) -> HttpResponse:
    """Fail outside Django REST framework."""
    ways: dict[str, Exception] = {
        "bug": KeyError("a secret detail"),
        "away": OperationalError("connection refused"),
        "denied": PermissionDenied("Not for you"),
    }
    raise ways[way]


router = SimpleRouter(trailing_slash=False)
router.register("people", PersonViewSet, basename="test-person")
admin_router = SimpleRouter(trailing_slash=False)
admin_router.register("people", AdminPersonViewSet, basename="test-admin-person")

urlpatterns: list[Any] = [
    path("api/", include(router.urls)),
    path("admin/", include(admin_router.urls)),
    path("api/administrators", AdministratorsOnlyView.as_view()),
    path("api/fail/<way>", FailingView.as_view()),
    path("api/page/<way>", failing_page),
    path("page/<way>/", failing_page),
    *urls.urlpatterns,
]
handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500
