"""Who owns an API, as far as somebody may see who people are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.users.models import User


@dataclass(frozen=True)
class Owner:
    """A user or a user group, and the page about it."""

    name: str
    url: str


@dataclass(frozen=True)
class Owners:
    """Those who may be named, and how many others there are."""

    named: list[Owner]
    others: int
    is_owned: bool

    @property
    def is_open(self) -> bool:
        """Whether the whole organisation sees the API."""
        return not self.is_owned

    @property
    def is_closed(self) -> bool:
        """Whether the last owner is gone, and administrators alone see the API."""
        return self.is_owned and not self.named and not self.others


def owners_of(api: Any, actor: User) -> Owners:
    """Give the owners of an API, which are prefetched; groups first."""
    groups = [Owner(str(one.group), reverse("group", args=[one.group.pk])) for one in api.group_owners.all()]
    users = [Owner(str(one.user), reverse("user", args=[one.user.pk])) for one in api.user_owners.all()]
    seen = [(groups, actor.allows("user_groups")), (users, actor.allows("users"))]
    named = [owner for some, may_see in seen if may_see for owner in sorted(some, key=lambda one: one.name)]
    return Owners(named, len(groups) + len(users) - len(named), api.is_owned)
