"""Who arrives: what a broker or an identity provider says of a person, before Weir decides anything."""

from __future__ import annotations

from dataclasses import dataclass

#: The address that existing brokers give people who have none; ours then too.
NO_EMAIL = "ssoSession@ssoSession.com"


@dataclass(frozen=True)
class Arrival:
    """A person somebody vouches for.

    ``organisation`` is an id, ``groups`` are ids of user groups in the order they were sent. With ``is_looked_up``
    the account with this e-mail address is theirs, if there is one; ``only_registered`` then lets nobody else in.
    ``is_refused``: whoever vouches for them says that they may not come in. ``provider`` is the id of the identity
    provider, empty when a broker sent them with a nonce. ``by_operator``: the broker had the admin secret.
    """

    organisation: str
    email: str
    name: str = ""
    groups: tuple[str, ...] = ()
    is_looked_up: bool = False
    only_registered: bool = False
    is_refused: bool = False
    provider: str = ""
    by_operator: bool = False

    @property
    def address(self) -> str:
        """The e-mail address to show; brokers' stand-in for people without one."""
        return self.email or NO_EMAIL


class NotAdmitted(Exception):
    """Somebody who arrived does not come in; ``reason`` is a name in ``apps.sso.wording.REASONS``."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
