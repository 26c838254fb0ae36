"""What may be asked of lists of users and of user groups."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.filters import SearchFilter, TenantFilterSet
from apps.users.models import User, UserGroup


class UserFilter(TenantFilterSet):
    """A text in the name or the e-mail address."""

    q = SearchFilter()

    class Meta:
        model = User
        fields: Sequence[str] = ()


class UserGroupFilter(TenantFilterSet):
    """A text in the name or the description."""

    q = SearchFilter()

    class Meta:
        model = UserGroup
        fields: Sequence[str] = ()
