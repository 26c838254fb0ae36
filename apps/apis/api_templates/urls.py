"""Routes of templates."""

from __future__ import annotations

from apps.apis.api_templates.views import ApiTemplateHistoryPages, ApiTemplatePages
from apps.apis.api_templates.viewsets import ApiTemplateViewSet

#: Under ``/api``. Written without a final slash; clients may add one.
rest = ApiTemplateViewSet.urls()
pages = [*ApiTemplatePages.urls(), *ApiTemplateHistoryPages.urls()]
