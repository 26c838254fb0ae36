"""Filters of the list of users."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest


class RoleFilter(admin.SimpleListFilter):
    """Administrators, or everybody else."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("admin", "Administrators"), ("other", "Others")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those."""
        users: Any = queryset
        administrators = users.administrators()
        chosen = {"admin": administrators, "other": users.exclude(pk__in=administrators.values("pk"))}
        kept: QuerySet[Any] = chosen.get(self.value() or "", queryset)
        return kept


class LoginFilter(admin.SimpleListFilter):
    """Whether somebody ever logged in."""

    title = "log-in"
    parameter_name = "log_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer both."""
        return [("never", "Never logged in"), ("once", "Has logged in")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep those."""
        chosen = {"never": True, "once": False}
        value = self.value()
        return queryset.filter(last_login__isnull=chosen[value]) if value in chosen else queryset
