"""Who asks: requests of people and programs that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from rest_framework.request import Request

if TYPE_CHECKING:
    from apps.users.models import User


def user_of(request: HttpRequest | Request) -> User:
    """Give the user of a request that only users who are known get to make."""
    return cast("User", request.user)
