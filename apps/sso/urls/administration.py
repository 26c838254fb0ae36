"""Routes of single sign-on for the holder of the admin secret."""

from __future__ import annotations

from django.urls import path

from apps.sso import viewsets

urlpatterns = [path("sso", viewsets.AdminNonceView.as_view())]
