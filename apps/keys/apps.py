"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig

from apps.apis.dependents import register_dependents


class KeysConfig(AppConfig):
    """Policies, which keys name."""

    name = "apps.keys"
    verbose_name = "Keys and policies"

    def ready(self) -> None:
        """Tell the app of the APIs that policies hang on them."""
        from apps.keys import dependents

        register_dependents(dependents)
