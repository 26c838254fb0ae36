"""Every route of Weir: pages, REST, the staff site, health."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView, SpectacularYAMLAPIView

from apps.analytics import urls as analytics
from apps.apis import urls as apis
from apps.audit import urls as audit
from apps.catalogue import urls as catalogue
from apps.core import envelope, health, metrics
from apps.history import urls as history
from apps.hooks import urls as hooks
from apps.keys import urls as keys
from apps.organisations import urls as organisations
from apps.sso import urls as sso
from apps.users import urls as users

urlpatterns: list[URLPattern | URLResolver] = [
    # pages
    path("", include(analytics.pages)),
    path("audit/", include(audit.pages)),
    path("", include(sso.pages)),  # may send people from the log-in page elsewhere
    path("", include(users.account_pages)),
    path("", include(users.user_pages)),
    path("", include(apis.pages)),
    path("", include(catalogue.pages)),
    path("", include(history.pages)),
    path("", include(hooks.pages)),
    path("", include(keys.pages)),
    path("staff/", admin.site.urls),
    # REST; paths are written without a final slash, and clients may add one
    path("api/", include(analytics.rest)),
    path("api/", include(audit.rest)),
    path("api/", include(users.rest)),
    path("api/", include(sso.rest)),
    path("api/", include(organisations.rest)),
    path("api/", include(apis.rest)),
    path("api/", include(hooks.rest)),
    path("api/", include(keys.rest)),
    path("admin/", include(users.admin_secret)),
    path("admin/", include(sso.admin_secret)),
    path("admin/", include(organisations.admin_secret)),
    path("admin/", include(apis.admin_secret)),
    path("admin/", include(keys.admin_secret)),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi-json"),
    path("openapi.yaml", SpectacularYAMLAPIView.as_view(), name="openapi-yaml"),
    path("openapi/", SpectacularSwaggerView.as_view(url_name="openapi-json"), name="openapi-page"),
    # health
    path("hello", health.alive),
    path("health", health.alive),
    path("ready", health.ready),
    path("metrics", metrics.metrics),
    # whatever is left under a REST prefix
    re_path(r"^(?:api|admin)(?:/|$)", envelope.no_such_path),
]

handler400 = envelope.bad_request
handler403 = envelope.permission_denied
handler404 = envelope.not_found
handler500 = envelope.server_error
