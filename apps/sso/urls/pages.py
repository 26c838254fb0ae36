"""Routes of the pages of single sign-on."""

from __future__ import annotations

from django.urls import path

from apps.sso import views

urlpatterns = [
    path("login/", views.ExternalLogin.as_view()),
    path("tap", views.Tap.as_view(), name="tap"),
    path("tap/", views.Tap.as_view()),
    path("sso/waiting/", views.Waiting.as_view(), name="sso-waiting"),
    path("sso/failed/<slug:reason>/", views.Failed.as_view(), name="sso-failed"),
    path("sso/<slug:slug>/", views.Start.as_view(), name="sso-start"),
    path("sso/<slug:slug>/callback/", views.Callback.as_view(), name="sso-callback"),
]
