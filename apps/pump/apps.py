"""The pump app."""

from django.apps import AppConfig


class PumpAppConfig(AppConfig):
    """The write side of the traffic: from the gateway's Redis lists to PostgreSQL."""

    name = "apps.pump"
