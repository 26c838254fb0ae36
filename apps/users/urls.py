"""Routes of accounts: pages, REST, and what the holder of the admin secret calls."""

from __future__ import annotations

from django.urls import path

from apps.users.views import account, login, passwords, two_factor
from apps.users.views.groups import UserGroupPages
from apps.users.views.users import UserPages
from apps.users.viewsets import AdminUserViewSet, UserGroupViewSet, UserViewSet

#: Around one's own account: logging in, forgotten passwords, the profile.
account_pages = [
    path("home/", account.Home.as_view(), name="home"),
    path("login/", login.Login.as_view(), name="login"),
    path("login/organisation/", login.ChooseOrganisation.as_view(), name="log-in-organisation"),
    path("login/code/", login.EnterCode.as_view(), name="log-in-code"),
    path("logout/", login.Logout.as_view(), name="logout"),
    path("password/", passwords.OwnPassword.as_view(), name="new-password"),
    path("password/forgotten/", passwords.PasswordReset.as_view(), name="forgotten"),
    path("password/forgotten/sent/", passwords.PasswordResetDone.as_view(), name="forgotten-sent"),
    path("password/new/", passwords.PasswordResetConfirm.as_view(), name="password-from-link"),
    path("two-factor/", two_factor.SetUpTwoFactor.as_view(), name="two-factor-set-up"),
    path("two-factor/codes/", two_factor.RenewRecoveryCodes.as_view(), name="two-factor-codes"),
    path("two-factor/off/", two_factor.DisableTwoFactor.as_view(), name="two-factor-off"),
    path("profile/", account.Profile.as_view(), name="profile"),
    path("profile/access-key/", account.OwnAccessKey.as_view(), name="own-access-key"),
    path("profile/sessions/", account.EndOtherSessions.as_view(), name="end-other-sessions"),
    path("profile/organisation/", account.SwitchOrganisation.as_view(), name="switch-organisation"),
]

#: Users and groups, for whoever administers an organisation.
user_pages = [
    *UserPages.urls(),
    *UserGroupPages.urls(),
]

#: Under ``/api``. Written without a final slash; clients may add one.
rest = [
    path("users/me", UserViewSet.as_view({"get": "me"})),
    path("users/search", UserViewSet.as_view({"get": "search_by_query", "post": "search"})),
    *UserViewSet.urls(),
    path("users/<pk>/actions/reset", UserViewSet.as_view({"post": "reset_password"})),
    path("users/<pk>/actions/key/reset", UserViewSet.as_view({"put": "renew_key"})),
    path("users/<pk>/actions/revoke", UserViewSet.as_view({"put": "revoke"})),
    *UserGroupViewSet.urls(),
]

#: Under ``/admin``, for the holder of the admin secret.
admin_secret = [
    path("users", AdminUserViewSet.as_view({"post": "create"})),
    path("users/<pk>", AdminUserViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("users/<pk>/actions/allow_reset_passwords", AdminUserViewSet.as_view({"put": "allow"})),
    path("users/<pk>/actions/disallow_reset_passwords", AdminUserViewSet.as_view({"put": "disallow"})),
]
