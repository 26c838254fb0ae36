"""Routes of the pages of users and groups."""

from __future__ import annotations

from django.urls import path

from apps.users.views import people, teams

urlpatterns = [
    path("users/", people.People.as_view(), name="users"),
    path("users/new/", people.NewPerson.as_view(), name="user-new"),
    path("users/<pk>/", people.Person.as_view(), name="user"),
    path("users/<pk>/revoke/", people.RevokePerson.as_view(), name="user-revoke"),
    path("users/<pk>/access-key/", people.KeyOfPerson.as_view(), name="user-key"),
    path("users/<pk>/password/", people.PasswordOfPerson.as_view(), name="user-password"),
    path("users/<pk>/delete/", people.DeletePerson.as_view(), name="user-delete"),
    path("groups/", teams.Teams.as_view(), name="groups"),
    path("groups/new/", teams.NewTeam.as_view(), name="group-new"),
    path("groups/<pk>/", teams.Team.as_view(), name="group"),
    path("groups/<pk>/delete/", teams.DeleteTeam.as_view(), name="group-delete"),
]
