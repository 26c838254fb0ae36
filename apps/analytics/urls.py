"""Routes of analytics: pages with their fragments, and REST."""

from __future__ import annotations

from django.urls import path, register_converter

from apps.analytics import views, viewsets
from apps.analytics.converters import TextSegment
from apps.analytics.filters import DATES

register_converter(TextSegment, "text")

pages = [
    path("", views.OverviewPage.as_view(), name="overview"),
    path("activity/apis/", views.ApisPage.as_view(), name="apis"),
    path("activity/apis/<text:api>/panels/<slug:panel>/", views.PanelView.as_view(), name="api-panel"),
    path("activity/apis/<text:api>/panels/<slug:panel>.csv", views.CsvView.as_view()),
    path("activity/apis/<text:api>/", views.ApiPage.as_view(), name="api"),
    path("panels/<slug:page>/<slug:panel>.csv", views.CsvView.as_view()),
    path("panels/<slug:page>/<slug:panel>/", views.PanelView.as_view(), name="panel"),
    path("pipeline/", views.PipelinePage.as_view(), name="pipeline"),
    path("pipeline/panels/<slug:panel>.csv", views.PipelineFile.as_view()),
    path("pipeline/panels/<slug:panel>/", views.PipelinePanel.as_view(), name="pipeline-panel"),
]

#: Under ``/api``, the most particular first: a key may be any text. Written without a final slash; clients may add one.
rest = [
    path(f"activity/keys/endpoint/<path:key>/{DATES}", viewsets.EndpointsOfKeyView.as_view()),
    path(f"activity/oauthid/endpoint/<path:client>/{DATES}", viewsets.EndpointsOfClientView.as_view()),
    path(f"activity/keys/{DATES}", viewsets.KeysView.as_view()),
    path(f"activity/keys/<path:key>/{DATES}", viewsets.KeyView.as_view()),
    path(f"usage/apis/{DATES}", viewsets.UsageOfApisView.as_view()),
    path(f"usage/apis/<path:api>/{DATES}", viewsets.UsageOfApiView.as_view()),
    path(f"usage/{DATES}", viewsets.UsageView.as_view()),
    path("logs", viewsets.LogsView.as_view()),
]
