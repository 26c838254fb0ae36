"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """Versions of APIs, templates and policies."""

    name = "apps.history"
    verbose_name = "History"
