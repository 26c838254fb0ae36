"""Routes of organisations: REST, and what the holder of the admin secret calls."""

from __future__ import annotations

from django.urls import path

from apps.organisations import viewsets

#: An organisation's options, under ``/api``. Written without a final slash; clients may add one.
rest = [
    path("org/permissions", viewsets.AdditionalPermissionsView.as_view()),
    path("org/permission", viewsets.PermissionsOrRulesView.as_view()),
]

#: Under ``/admin``, for the holder of the admin secret. Older clients spell it singular.
admin_secret = [
    route
    for name, views in (("organisations", viewsets.OrganisationViewSet), ("organisation", viewsets.SingularViewSet))
    for route in (
        path(name, views.as_view({"get": "list", "post": "create"})),
        path(f"{name}/import", views.as_view({"post": "take_in"})),
        path(f"{name}/<pk>", views.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
        path(f"{name}/<pk>/generate-portals", views.as_view({"post": "generate_portals"})),
    )
] + [path("system/reload", viewsets.ReloadView.as_view())]
