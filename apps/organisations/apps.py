"""How Django finds this app."""

from __future__ import annotations

from django.apps import AppConfig


class OrganisationsConfig(AppConfig):
    """Organisations: who owns everything else."""

    name = "apps.organisations"
