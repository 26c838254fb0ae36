"""Every route of Weir: pages, REST, the staff site, health."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("staff/", admin.site.urls),
]
