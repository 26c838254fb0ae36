"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class PumpConfig(AppConfig):
    """The write side of traffic data: Redis lists to PostgreSQL."""

    name = "apps.pump"
