"""Routes of the log-in pages."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from apps.users.views import log_in

urlpatterns = [
    path("login/", log_in.LogIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
