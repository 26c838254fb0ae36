"""Routes of the pages of users and groups."""

from __future__ import annotations

from django.urls import path

from apps.users.views import users
from apps.users.views.groups import UserGroupPages

urlpatterns = [
    path("users/", users.UsersPage.as_view(), name="users"),
    path("users/new/", users.NewUserPage.as_view(), name="user-new"),
    path("users/<pk>/", users.UserPage.as_view(), name="user"),
    path("users/<pk>/revoke/", users.RevokeUser.as_view(), name="user-revoke"),
    path("users/<pk>/access-key/", users.KeyOfUser.as_view(), name="user-key"),
    path("users/<pk>/password/", users.PasswordOfUser.as_view(), name="user-password"),
    path("users/<pk>/two-factor/", users.SecondFactorOfUser.as_view(), name="user-two-factor"),
    path("users/<pk>/delete/", users.DeleteUser.as_view(), name="user-delete"),
    *UserGroupPages.urls(),
]
