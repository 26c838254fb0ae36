"""External users: people who are signed in without having an account.

What they may do follows from the user groups that came along and from the settings, asked anew for
every request: a change of a group, or its end, takes effect at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, NoReturn

from django.conf import settings

from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.permissions import ADMIN, DENY, IS_ADMIN, PERSONAL, is_admin, merged
from apps.users.querysets import UserGroupQuerySet


class ExternalUser(User):
    """Somebody in an organisation who has no row: ``pk`` is ``None``, and it ends with the session.

    ``sent_groups`` are the ids of the user groups that came along; ``arrived_at`` is when. ``came_by_nonce``
    tells people a broker sent from those of an identity provider.
    """

    sent_groups: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    came_by_nonce: bool = True

    class Meta:
        proxy = True

    __hash__ = object.__hash__  # a model without primary key has none

    def save(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: an external user must never become an account by accident."""
        raise TypeError("An external user is not stored")

    @property
    def audit_name(self) -> str:
        """What the audit log calls this person: marked, for the e-mail address is only what somebody says it is.

        An account with that address, ``admin`` and ``system`` are called otherwise, whatever it is.
        """
        return f"external user {self.email}"[:254]

    @property
    def groups(self) -> UserGroupQuerySet:
        """The active groups that count: those that came along, else the default one."""
        default = [settings.SSO_DEFAULT_GROUP_ID] if settings.SSO_DEFAULT_GROUP_ID else []
        counted = self.sent_groups or default
        return UserGroup.objects.filter(pk__in=counted, organisation=self.organisation_id, active=True)

    @property
    def permissions(self) -> dict[str, str]:
        """What this person may do: the settings' defaults and each group, the higher level wins.

        Nothing is given to whoever has neither; ``SSO_DEFAULT_ADMIN`` makes an administrator of whom a broker
        sent so, as older dashboards did.
        """
        return self._permissions

    @cached_property
    def _permissions(self) -> dict[str, str]:
        given = [settings.SSO_PERMISSION_DEFAULTS, *self.groups.values_list("user_permissions", flat=True)]
        found = merged(*({name: level for name, level in one.items() if name not in PERSONAL} for one in given))
        if found:
            return found
        is_old_default = settings.SSO_DEFAULT_ADMIN and self.came_by_nonce and not self._was_given_a_group
        return {IS_ADMIN: ADMIN if is_old_default else DENY}

    @property
    def _was_given_a_group(self) -> bool:
        return bool(self.sent_groups or settings.SSO_DEFAULT_GROUP_ID)


def external_user(
    organisation: Organisation, email: str, name: str, *, groups: Iterable[str], provider: str
) -> ExternalUser:
    """Make an external user of what is known of them; ``provider`` is "" when a broker sent them."""
    user = ExternalUser(organisation=organisation, email=email, first_name=name)
    user.pk = None  # type: ignore[assignment]  # it has no row
    user.sent_groups = tuple(groups)
    user.came_by_nonce = not provider
    return user


def may_anything(user: User) -> bool:
    """Tell whether any permission at all is given to a user, external or not."""
    permissions = user.permissions
    return is_admin(permissions) or any(level != DENY for level in permissions.values())
