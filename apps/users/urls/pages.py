"""Routes of the pages around one's own account: logging in, forgotten passwords, the profile."""

from __future__ import annotations

from django.urls import path

from apps.users.views import home, login, passwords, profile, two_factor

urlpatterns = [
    path("home/", home.Home.as_view(), name="home"),
    path("login/", login.Login.as_view(), name="login"),
    path("login/organisation/", login.ChooseOrganisation.as_view(), name="log-in-organisation"),
    path("login/code/", login.EnterCode.as_view(), name="log-in-code"),
    path("logout/", login.Logout.as_view(), name="logout"),
    path("password/", passwords.OwnPassword.as_view(), name="new-password"),
    path("password/forgotten/", passwords.PasswordReset.as_view(), name="forgotten"),
    path("password/forgotten/sent/", passwords.PasswordResetDone.as_view(), name="forgotten-sent"),
    path("password/new/", passwords.PasswordResetConfirm.as_view(), name="password-from-link"),
    path("two-factor/", two_factor.SetUpTwoFactor.as_view(), name="two-factor-set-up"),
    path("two-factor/codes/", two_factor.RenewCodes.as_view(), name="two-factor-codes"),
    path("two-factor/off/", two_factor.SwitchOff.as_view(), name="two-factor-off"),
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("profile/access-key/", profile.OwnAccessKey.as_view(), name="own-access-key"),
    path("profile/sessions/", profile.EndOtherSessions.as_view(), name="end-other-sessions"),
    path("profile/organisation/", profile.SwitchOrganisation.as_view(), name="switch-organisation"),
]
