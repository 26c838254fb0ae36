"""What may be asked of lists of users and of user groups."""

from __future__ import annotations

from collections.abc import Sequence

from django_filters import FilterSet

from apps.core.filters import SearchFilter
from apps.users.models import User, UserGroup


class UserFilter(FilterSet):  # type: ignore[misc]  # it ships no types
    """A text in the name or the e-mail address."""

    q = SearchFilter()

    class Meta:
        model = User
        fields: Sequence[str] = ()


class UserGroupFilter(FilterSet):  # type: ignore[misc]  # it ships no types
    """A text in the name or the description."""

    q = SearchFilter()

    class Meta:
        model = UserGroup
        fields: Sequence[str] = ()
