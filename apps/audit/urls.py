"""Routes of the audit log: pages and REST."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.audit import views
from apps.audit.viewsets import AuditRecordViewSet

pages = [
    path("", views.AuditPage.as_view(), name="audit"),
    path("records/", views.AuditRecords.as_view(), name="audit-records"),
    path("records.<slug:kind>", views.AuditFile.as_view(), name="audit-file"),
    path("<slug:audit_record>/", views.AuditRecordPage.as_view(), name="audit-record"),
]

_router = SimpleRouter(trailing_slash=False)
_router.register("audit-logs", AuditRecordViewSet, basename="audit-logs")

#: Under ``/api``.
rest = _router.urls
