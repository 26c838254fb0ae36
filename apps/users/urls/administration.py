"""Routes of users for whoever holds the admin secret, under ``/admin``."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
