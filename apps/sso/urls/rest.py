"""Routes of the REST endpoints of single sign-on. Written without a final slash; clients may add one."""

from __future__ import annotations

from django.urls import path

from apps.sso import viewsets

urlpatterns = [path("sso", viewsets.NonceView.as_view())]
