"""Routes of the REST endpoints of analytics. Written without a final slash; clients may add one."""

from __future__ import annotations

from django.urls import path

from apps.analytics import viewsets
from apps.analytics.filters import DATES

# The most particular first: a key may be any text.
urlpatterns = [
    path(f"activity/keys/endpoint/<path:key>/{DATES}", viewsets.EndpointsOfKeyView.as_view()),
    path(f"activity/oauthid/endpoint/<path:client>/{DATES}", viewsets.EndpointsOfClientView.as_view()),
    path(f"activity/keys/{DATES}", viewsets.KeysView.as_view()),
    path(f"activity/keys/<path:key>/{DATES}", viewsets.KeyView.as_view()),
    path(f"usage/apis/{DATES}", viewsets.UsageOfApisView.as_view()),
    path(f"usage/apis/<path:api>/{DATES}", viewsets.UsageOfApiView.as_view()),
    path(f"usage/{DATES}", viewsets.UsageView.as_view()),
    path("logs", viewsets.LogsView.as_view()),
]
