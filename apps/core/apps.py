"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Rules that every app shares; no models of the domain."""

    name = "apps.core"
