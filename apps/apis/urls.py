"""Routes of APIs and templates."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from apps.apis.api_templates import urls as api_templates
from apps.apis.classic import RESERVED
from apps.apis.example_viewsets import ExampleViewSet
from apps.apis.gateway_views import JwksCacheView, ProxyView
from apps.apis.oas.viewsets.documents import OasViewSet
from apps.apis.oas.viewsets.mcp import McpViewSet
from apps.apis.oas.viewsets.migration import MigrationView
from apps.apis.oas.viewsets.schemas import SchemaViewSet
from apps.apis.oas.viewsets.streams import StreamsViewSet
from apps.apis.oas.viewsets.versions import VersionViewSet
from apps.apis.viewsets import AccessViewSet, ApiImportView, ApiViewSet


class ApiIdConverter(StringConverter):
    """The id of an API: any text, slashes included, but what other endpoints begin with."""

    regex = rf"(?!(?:{'|'.join(sorted(RESERVED))})(?:/|$)).+"


register_converter(ApiIdConverter, "api_id")

#: Under ``/api``. Written without a final slash; clients may add one. The most particular first.
rest = [
    path("apis", ApiViewSet.as_view({"get": "list", "post": "create"})),
    path("apis/search", ApiViewSet.as_view({"get": "list"})),
    path("apis/categories", ApiViewSet.as_view({"get": "categories"})),
    path("apis/groups", ApiViewSet.as_view({"get": "groups"})),
    path("apis/migrate", MigrationView.as_view()),
    path("apis/oas", OasViewSet.as_view({"post": "create"})),
    path("apis/oas/import", OasViewSet.as_view({"post": "import_document"})),
    path("apis/oas/dry-run", OasViewSet.as_view({"post": "dry_run"})),
    path("apis/oas/export", OasViewSet.as_view({"get": "export_all"})),
    path("apis/oas/<path:pk>/export", OasViewSet.as_view({"get": "export"})),
    path("apis/oas/<path:pk>/categories", OasViewSet.as_view({"get": "categories", "put": "set_categories"})),
    path("apis/oas/<path:pk>/versions", VersionViewSet.as_view({"get": "list_versions"})),
    path("apis/oas/<path:pk>/urls", VersionViewSet.as_view({"get": "addresses"})),
    path("apis/oas/<path:pk>/rebase/<path:following>", VersionViewSet.as_view({"patch": "rebase"})),
    path("apis/oas/<str:pk>/<str:following>", VersionViewSet.as_view({"patch": "rebase_in_short"})),
    path(
        "apis/oas/<path:pk>",
        OasViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("apis/streams", StreamsViewSet.as_view({"post": "create"})),
    path(
        "apis/streams/<path:pk>",
        StreamsViewSet.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("cache/jwks/<path:pk>", JwksCacheView.as_view()),
    path("proxy", ProxyView.as_view()),
    path("examples", ExampleViewSet.as_view({"get": "list"})),
    path("examples/<path:location>", ExampleViewSet.as_view({"get": "retrieve"})),
    path("mcps", McpViewSet.as_view({"get": "list", "post": "create"})),
    path("mcps/<path:pk>/versions", McpViewSet.as_view({"get": "list_versions"})),
    path("mcps/<path:pk>", McpViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("schema", SchemaViewSet.as_view({"get": "oas"})),
    path("schemas/apidefs", SchemaViewSet.as_view({"get": "every"})),
    path("schemas/apidefs/oas", SchemaViewSet.as_view({"get": "oas"})),
    path("schemas/apidefs/streams-oas", SchemaViewSet.as_view({"get": "streams"})),
    path("schemas/apidefs/mcp", SchemaViewSet.as_view({"get": "mcp"})),
    path("apis/<api_id:pk>/access", AccessViewSet.as_view({"get": "retrieve", "put": "update"})),
    path("apis/<api_id:pk>/url", ApiViewSet.as_view({"get": "url"})),
    path("apis/<api_id:pk>", ApiViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    *api_templates.rest,
]
pages = api_templates.pages

#: Under ``/admin``, for the holder of the admin secret.
admin_secret = [path("apis/import", ApiImportView.as_view())]
