"""Why somebody is not signed in, and what they read then."""

from __future__ import annotations

from dataclasses import dataclass

LINK = "link"
PORTAL = "portal"
REFUSED = "refused"
UNREGISTERED = "unregistered"
INACTIVE = "inactive"
AWAY = "away"
ADDRESS = "address"
PROVIDER = "provider"
ANSWER = "answer"
STATE = "state"
CANCELLED = "cancelled"
EMAIL = "email"
SUPER_ADMIN = "super-admin"
IMPERSONATION = "impersonation"


class LoginRefused(Exception):
    """Somebody does not come in; ``reason`` is a name in ``LOGIN_ERRORS``."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class LoginError:
    """What the page shows: a heading, what to do about it, and the HTTP status of the page that says so."""

    heading: str
    text: str
    status: int = 403


LOGIN_ERRORS = {
    LINK: LoginError(
        "This sign-in link does not work any more",
        "Such a link works once and for 60 seconds. Sign in again to get a new one.",
    ),
    PORTAL: LoginError(
        "This sign-in link is for the developer portal", "Sign in to the dashboard to get one for here."
    ),
    REFUSED: LoginError(
        "You may not come in",
        "Whoever signed you in says that you have no access here. An administrator of your organisation can say more.",
    ),
    UNREGISTERED: LoginError(
        "You have no account here",
        "Your organisation lets in people with an account only. One of its administrators can make you one.",
    ),
    INACTIVE: LoginError("Your account is not active", "An administrator of your organisation can say more."),
    AWAY: LoginError(
        "Signing in does not work at the moment", "Something Weir needs does not answer. Try again soon.", 503
    ),
    ADDRESS: LoginError(
        "Weir does not know its own address",
        "Whoever runs it sets PUBLIC_URL, so that your identity provider can send you back.",
        503,
    ),
    PROVIDER: LoginError(
        "Your identity provider does not answer",
        "It could not be reached, or answered with an error. Try again soon.",
        503,
    ),
    ANSWER: LoginError(
        "Your identity provider's answer could not be verified",
        "Sign in again. If that does not help, tell an administrator: the cause stands in the log.",
    ),
    STATE: LoginError(
        "This sign-in is over",
        "It was not started in this browser, it was completed already, or it took longer than an hour. Sign in again.",
    ),
    CANCELLED: LoginError("You were not signed in", "Your identity provider says that access was denied or cancelled."),
    EMAIL: LoginError(
        "Your e-mail address is not verified",
        "Your identity provider did not name an e-mail address that it has verified.",
    ),
    IMPERSONATION: LoginError(
        "Whoever signed you in may not do so",
        "You could do more than they may. An administrator of your organisation can give them the permission.",
    ),
    SUPER_ADMIN: LoginError(
        "Super-admins log in with their password",
        "Nobody but whoever runs Weir vouches for an account that may make administrators. Log in with its e-mail"
        " address and password; SSO_ADMIT_SUPER_ADMINS would let it in this way too.",
    ),
}
