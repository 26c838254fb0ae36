"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo organisation and its traffic, and recorded lists to load."""

    name = "apps.demo"
