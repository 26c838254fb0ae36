"""Who owns which API, for ``apps.core.tenancy``; guardian is asked here and nowhere else."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from guardian.shortcuts import get_objects_for_group, get_objects_for_user

from apps.apis.models import OWN, Api
from apps.users.models import User, UserGroup

OWNS = f"apis.{OWN}"


def visible_apis(user: Any, organisation: str) -> frozenset[str]:
    """Give the public ids of an organisation's APIs that a user owns, alone or through a group, or that nobody owns."""
    apis = Api.objects.filter(organisation=organisation)
    if user.pk is None:  # somebody without account, from single sign-on
        owned = [get_objects_for_group(group, OWNS, apis, accept_global_perms=False) for group in user.groups]
    else:
        owned = [get_objects_for_user(user, OWNS, apis, with_superuser=False, accept_global_perms=False)]
    is_owned = Q(*(Q(pk__in=some.values("pk")) for some in owned), _connector=Q.OR)
    is_free = Q(is_owned=False)  # not: no owner rows, which go with a deleted owner
    return frozenset(apis.filter(is_free | is_owned).values_list("api_id", flat=True))


def apis_owned_by(owner: User | UserGroup) -> frozenset[str]:
    """Give the public ids of the APIs that a user alone or a user group owns."""
    return frozenset(_owners(owner).values_list("content_object__api_id", flat=True))


def owned_ids(owner: User | UserGroup) -> list[str]:
    """Give the internal ids of the APIs that a user or a user group owns, in order."""
    return sorted(_owners(owner).values_list("content_object_id", flat=True))


def _owners(owner: User | UserGroup) -> Any:
    return owner.userowner_set if isinstance(owner, User) else owner.groupowner_set


def internal_ids(apis: frozenset[str]) -> QuerySet[Api, str]:
    """Give the internal ids of the APIs with these public ids, for a subquery."""
    return Api.objects.filter(api_id__in=apis).values_list("pk", flat=True)
