"""REST routes of the audit log."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from apps.audit.viewsets import AuditRecordViewSet

router = SimpleRouter(trailing_slash=False)
router.register("audit-logs", AuditRecordViewSet, basename="audit-logs")

urlpatterns = router.urls
