"""The pump app."""

from __future__ import annotations

from django.apps import AppConfig


class PumpAppConfig(AppConfig):
    """The write side of the traffic: from the gateway's Redis lists to PostgreSQL."""

    name = "apps.pump"

    def ready(self) -> None:
        """Let the page about the pipeline look at the pump."""
        from apps.analytics import pump_status

        from .status import pump_status as look

        pump_status.register(look)
