"""Routes of what was changed. The versions of a row have theirs where its other pages are."""

from __future__ import annotations

from django.urls import path

from apps.history.views import ChangesPage

pages = [path("changes/", ChangesPage.as_view(), name="changes")]
