"""Routes of policies: pages, REST, and what the holder of the admin secret calls."""

from __future__ import annotations

from django.urls import path

from apps.keys.views import PolicyHistoryPages, PolicyPages
from apps.keys.viewsets import CatalogueView, PolicyImportView, PolicyViewSet

pages = [*PolicyPages.urls(), *PolicyHistoryPages.urls()]

#: Under ``/api``. Written without a final slash; clients may add one.
rest = [
    path("portal/policies/search", PolicyViewSet.as_view({"get": "list"})),
    *PolicyViewSet.urls(),
    path("portal/catalogue", CatalogueView.as_view()),
]

#: Under ``/admin``, for the holder of the admin secret.
admin_secret = [path("policies/import", PolicyImportView.as_view())]
