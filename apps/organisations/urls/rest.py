"""Routes of an organisation's options. Written without a final slash; clients may add one."""

from __future__ import annotations

from django.urls import path

from apps.organisations import viewsets

urlpatterns = [
    path("org/permissions", viewsets.AdditionalPermissionsView.as_view()),
    path("org/permission", viewsets.PermissionsOrRulesView.as_view()),
]
