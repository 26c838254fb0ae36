"""Routes of the REST endpoints of users and groups. Written without a final slash; clients may add one."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
