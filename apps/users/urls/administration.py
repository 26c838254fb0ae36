"""Routes of users for whoever holds the admin secret, under ``/admin``."""

from __future__ import annotations

from django.urls import path

from apps.users.viewsets.admin_secret import AdminUserViewSet

urlpatterns = [
    path("users", AdminUserViewSet.as_view({"post": "create"})),
    path("users/<pk>", AdminUserViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("users/<pk>/actions/allow_reset_passwords", AdminUserViewSet.as_view({"put": "allow"})),
    path("users/<pk>/actions/disallow_reset_passwords", AdminUserViewSet.as_view({"put": "disallow"})),
]
