"""Routes of the analytics pages and their fragments."""

from __future__ import annotations

from django.urls import path

from apps.analytics import views

urlpatterns = [
    path("", views.OverviewPage.as_view(), name="overview"),
    path("activity/apis/", views.ApisPage.as_view(), name="apis"),
    path("activity/apis/<path:api>/panels/<slug:panel>/", views.PanelView.as_view(), name="api-panel"),
    path("activity/apis/<path:api>/panels/<slug:panel>.csv", views.CsvView.as_view()),
    path("activity/apis/<path:api>/", views.ApiPage.as_view(), name="api"),
    path("panels/<slug:page>/<slug:panel>.csv", views.CsvView.as_view()),
    path("panels/<slug:page>/<slug:panel>/", views.PanelView.as_view(), name="panel"),
    path("pipeline/", views.PipelinePage.as_view(), name="pipeline"),
    path("pipeline/panels/<slug:panel>.csv", views.PipelineFile.as_view()),
    path("pipeline/panels/<slug:panel>/", views.PipelinePanel.as_view(), name="pipeline-panel"),
]
