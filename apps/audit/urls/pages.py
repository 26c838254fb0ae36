"""Routes of the audit pages."""

from __future__ import annotations

from django.urls import path

from apps.audit import views

urlpatterns = [
    path("", views.AuditPage.as_view(), name="audit"),
    path("records/", views.AuditRecords.as_view(), name="audit-records"),
    path("records.<slug:kind>", views.AuditFile.as_view(), name="audit-file"),
    path("<slug:audit_record>/", views.AuditRecordPage.as_view(), name="audit-record"),
]
