"""Routes of organisations for whoever holds the admin secret, under ``/admin``. Older clients spell it singular."""

from __future__ import annotations

from django.urls import path

from apps.organisations.viewsets import OrganisationViewSet, ReloadView, SingularViewSet

urlpatterns = [
    route
    for name, views in (("organisations", OrganisationViewSet), ("organisation", SingularViewSet))
    for route in (
        path(name, views.as_view({"get": "list", "post": "create"})),
        path(f"{name}/import", views.as_view({"post": "take_in"})),
        path(f"{name}/<pk>", views.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
        path(f"{name}/<pk>/generate-portals", views.as_view({"post": "generate_portals"})),
    )
] + [path("system/reload", ReloadView.as_view())]
