"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People and programs: accounts, permissions, access keys."""

    name = "apps.users"
