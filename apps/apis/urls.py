"""Routes of the REST endpoints of APIs."""

from __future__ import annotations

from django.urls import path

from apps.apis.viewsets import AccessViewSet

#: Under ``/api``. Written without a final slash; clients may add one.
rest = [
    # A public id may be any text, slashes included.
    path("apis/<path:pk>/access", AccessViewSet.as_view({"get": "retrieve", "put": "update"})),
]
