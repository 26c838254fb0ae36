"""Routes of the pages of users and groups."""

from __future__ import annotations

from django.urls import path

from apps.users.views import groups, users

urlpatterns = [
    path("users/", users.UsersPage.as_view(), name="users"),
    path("users/new/", users.NewUserPage.as_view(), name="user-new"),
    path("users/<pk>/", users.UserPage.as_view(), name="user"),
    path("users/<pk>/revoke/", users.RevokeUser.as_view(), name="user-revoke"),
    path("users/<pk>/access-key/", users.KeyOfUser.as_view(), name="user-key"),
    path("users/<pk>/password/", users.PasswordOfUser.as_view(), name="user-password"),
    path("users/<pk>/two-factor/", users.SecondFactorOfUser.as_view(), name="user-two-factor"),
    path("users/<pk>/delete/", users.DeleteUser.as_view(), name="user-delete"),
    path("groups/", groups.GroupsPage.as_view(), name="groups"),
    path("groups/new/", groups.NewGroupPage.as_view(), name="group-new"),
    path("groups/<pk>/", groups.GroupPage.as_view(), name="group"),
    path("groups/<pk>/delete/", groups.DeleteGroup.as_view(), name="group-delete"),
]
