"""Routes of the page about the pipeline."""

from __future__ import annotations

from django.urls import path

from apps.pump import views

urlpatterns = [
    path("", views.PipelinePage.as_view(), name="pipeline"),
    path("panels/<slug:panel>.csv", views.PipelineFile.as_view()),
    path("panels/<slug:panel>/", views.PipelinePanel.as_view(), name="pipeline-panel"),
]
