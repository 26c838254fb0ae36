"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class ApisConfig(AppConfig):
    """APIs and who owns them."""

    name = "apps.apis"
    verbose_name = "APIs"
