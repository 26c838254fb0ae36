"""Routes of organisations for whoever holds the admin secret, under ``/admin``. Older clients spell it singular."""

from __future__ import annotations

from django.urls import path

from apps.organisations.viewsets import OrganisationViewSet, ReloadView

every = OrganisationViewSet.as_view({"get": "list", "post": "create"})
take_in = OrganisationViewSet.as_view({"post": "take_in"})
one = OrganisationViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})
portals = OrganisationViewSet.as_view({"post": "generate_portals"})

urlpatterns = [
    route
    for name in ("organisations", "organisation")
    for route in (
        path(name, every),
        path(f"{name}/import", take_in),
        path(f"{name}/<pk>", one),
        path(f"{name}/<pk>/generate-portals", portals),
    )
] + [path("system/reload", ReloadView.as_view())]
