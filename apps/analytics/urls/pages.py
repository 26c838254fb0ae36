"""Routes of the analytics pages and their fragments."""

from __future__ import annotations

from django.urls import path

from apps.analytics import views

urlpatterns = [
    path("", views.Overview.as_view(), name="overview"),
    path("activity/apis/", views.Apis.as_view(), name="apis"),
    path("activity/apis/<path:api>/panels/<slug:panel>/", views.Panel.as_view(), name="api-panel"),
    path("activity/apis/<path:api>/panels/<slug:panel>.csv", views.CsvFile.as_view()),
    path("activity/apis/<path:api>/", views.OneApi.as_view(), name="api"),
    path("panels/<slug:page>/<slug:panel>.csv", views.CsvFile.as_view()),
    path("panels/<slug:page>/<slug:panel>/", views.Panel.as_view(), name="panel"),
]
