"""Routes of analytics: pages with their fragments, and REST."""

from __future__ import annotations

from django.urls import path, register_converter

from apps.analytics import views
from apps.analytics.converters import TextSegment
from apps.analytics.filters import DATES
from apps.analytics.viewsets import logs, traffic

register_converter(TextSegment, "text")

pages = [
    path("", views.OverviewPage.as_view(), name="overview"),
    path("activity/apis/", views.ApisPage.as_view(), name="activity"),
    path("activity/apis/<text:api>/panels/<slug:panel>/", views.PanelView.as_view(), name="api-activity-panel"),
    path("activity/apis/<text:api>/panels/<slug:panel>.csv", views.CsvView.as_view()),
    path("activity/apis/<text:api>/", views.ApiPage.as_view(), name="api-activity"),
    path("panels/<slug:page>/<slug:panel>.csv", views.CsvView.as_view()),
    path("panels/<slug:page>/<slug:panel>/", views.PanelView.as_view(), name="panel"),
    path("pipeline/", views.PipelinePage.as_view(), name="pipeline"),
    path("pipeline/panels/<slug:panel>.csv", views.PipelineFile.as_view()),
    path("pipeline/panels/<slug:panel>/", views.PipelinePanel.as_view(), name="pipeline-panel"),
]

#: Under ``/api``, the most particular first: a key may be any text. Written without a final slash; clients may add one.
rest = [
    path(f"activity/keys/endpoint/<path:key>/{DATES}", traffic.EndpointsOfKeyView.as_view()),
    path(f"activity/oauthid/endpoint/<path:client>/{DATES}", traffic.EndpointsOfClientView.as_view()),
    path(f"activity/oauthid/<path:client>/{DATES}", traffic.ClientView.as_view()),
    path(f"activity/keys/aggregate/<path:keys>/{DATES}", traffic.KeysTogetherView.as_view()),
    path(f"activity/keys/{DATES}", traffic.KeysView.as_view()),
    path(f"activity/keys/<path:key>/{DATES}", traffic.KeyView.as_view()),
    path(f"usage/apis/{DATES}", traffic.UsageOfApisView.as_view()),
    path(f"usage/apis/<path:api>/{DATES}", traffic.UsageOfApiView.as_view()),
    path(f"usage/{DATES}", traffic.UsageView.as_view()),
    path("logs", logs.LogsView.as_view()),
]
