"""Shapes of audit records as REST answers them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.audit.models import AuditRecord

CHANGES = {
    "type": "object",
    "description": "What changed: kind/id → field → [old, new]. Absent when nothing did.",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
}


@extend_schema_field(CHANGES)
class ChangesField(serializers.JSONField):
    """The diff of a record."""


class AuditRecordSerializer(serializers.ModelSerializer[AuditRecord]):
    """A record with the names and the order of the dashboard's documentation (5.13)."""

    _id = serializers.CharField(source="id", read_only=True)
    req_id = serializers.CharField(source="request_id", read_only=True)
    org_id = serializers.CharField(source="organisation", read_only=True)
    date = serializers.CharField(read_only=True, help_text="RFC 1123, UTC.")
    timestamp = serializers.IntegerField(source="unix", read_only=True, help_text="Unix seconds.")
    diff = ChangesField(source="changes", read_only=True, required=False)

    class Meta:
        model = AuditRecord
        fields = [
            *("_id", "req_id", "org_id", "date", "timestamp", "ip", "user", "action", "method", "url", "status"),
            "diff",
        ]
        read_only_fields = fields

    def to_representation(self, instance: AuditRecord) -> dict[str, Any]:
        """Leave out what is documented to be there only sometimes, when it is not."""
        shown: dict[str, Any] = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value or name not in SOMETIMES}


class DownloadParameters(serializers.Serializer[Any]):
    """Parameters of a list that may be sent as a file."""

    download = serializers.BooleanField(required=False, help_text="All records, as a file.")
    type = serializers.CharField(required=False, allow_blank=True, help_text="Of the file: `csv`, otherwise JSON.")


class DetailedRecordSerializer(AuditRecordSerializer):
    """A record with what detailed recording kept."""

    class Meta(AuditRecordSerializer.Meta):
        fields = [*AuditRecordSerializer.Meta.fields, "request_dump", "response_dump"]
        read_only_fields = fields


SOMETIMES = {"diff", "request_dump", "response_dump"}
