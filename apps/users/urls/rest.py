"""Routes of the REST endpoints of users and groups. Written without a final slash; clients may add one."""

from __future__ import annotations

from django.urls import path

from apps.users.viewsets.groups import UserGroupViewSet
from apps.users.viewsets.users import UserViewSet

urlpatterns = [
    path("users", UserViewSet.as_view({"get": "list", "post": "create"})),
    path("users/me", UserViewSet.as_view({"get": "me"})),
    path("users/search", UserViewSet.as_view({"get": "search_by_query", "post": "search"})),
    path("users/<pk>", UserViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("users/<pk>/actions/reset", UserViewSet.as_view({"post": "reset_password"})),
    path("users/<pk>/actions/key/reset", UserViewSet.as_view({"put": "renew_key"})),
    path("users/<pk>/actions/revoke", UserViewSet.as_view({"put": "revoke"})),
    path("usergroups", UserGroupViewSet.as_view({"get": "list", "post": "create"})),
    path("usergroups/<pk>", UserGroupViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
]
