"""Routes of single sign-on: pages, REST, and what the holder of the admin secret calls."""

from __future__ import annotations

from django.urls import path

from apps.sso import views, viewsets

pages = [
    path("login/", views.ExternalLogin.as_view()),
    path("tap", views.Tap.as_view(), name="tap"),
    path("tap/", views.Tap.as_view()),
    path("sso/waiting/", views.Waiting.as_view(), name="sso-waiting"),
    path("sso/failed/<slug:reason>/", views.Failed.as_view(), name="sso-failed"),
    path("sso/<slug:slug>/", views.Start.as_view(), name="sso-start"),
    path("sso/<slug:slug>/callback/", views.Callback.as_view(), name="sso-callback"),
]

#: Under ``/api``. Written without a final slash; clients may add one.
rest = [path("sso", viewsets.NonceView.as_view())]

#: Under ``/admin``, for the holder of the admin secret.
admin_secret = [path("sso", viewsets.AdminNonceView.as_view())]
