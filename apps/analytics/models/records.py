"""One row per request, and the records that are not requests or could not be stored."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.analytics.querysets import CountQuerySet, LedgerQuerySet, RecordQuerySet


class AnalyticsRecord(models.Model):
    """One request as a gateway recorded it; partitioned by the day of ``timestamp`` (UTC).

    ``organisation`` is the text the gateway sent: traffic of an organisation that Weir does not
    know is kept too. ``id`` begins with the record's millisecond and ends with a digest of its
    payload, so that a resend collides and pages follow time. Times are in milliseconds.
    ``status`` −1 marks network statistics of a TCP API, which are no requests.
    """

    pk = models.CompositePrimaryKey("organisation", "id")
    organisation = models.TextField()
    id = models.UUIDField()
    timestamp = models.DateTimeField(help_text="When the gateway had finished the response.")
    api_id = models.TextField()
    api_name = models.TextField()
    api_version = models.TextField()
    method = models.TextField()
    host = models.TextField()
    path = models.TextField(help_text="Normalised, or the pattern of a tracked endpoint.")
    raw_path = models.TextField()
    original_path = models.TextField()
    listen_path = models.TextField()
    status = models.IntegerField()
    key = models.TextField(help_text="The access key, hashed unless the gateway was told otherwise.")
    alias = models.TextField()
    oauth_client = models.TextField()
    content_length = models.BigIntegerField(help_text="Bytes of the request; −1 when chunked.")
    user_agent = models.TextField()
    ip_address = models.TextField()
    country = models.TextField(help_text="ISO 3166-1 alpha-2, empty when unknown.")
    request_time = models.BigIntegerField()
    latency = models.BigIntegerField()
    upstream_latency = models.BigIntegerField()
    gateway_latency = models.BigIntegerField()
    tags = ArrayField(models.TextField())
    tracked = models.BooleanField()
    expire_at = models.DateTimeField()
    raw_request = models.TextField(help_text="Base64 of the HTTP message, secrets removed.")
    raw_response = models.TextField(help_text="Base64 of the HTTP message, secrets removed.")
    details = models.JSONField(null=True, help_text="What few records have: city, location, network, GraphQL, MCP.")

    objects = RecordQuerySet.as_manager()

    class Meta:
        db_table = "analytics_record"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class NetworkStatistic(models.Model):
    """Connections and bytes of one TCP API in one minute; additive, several rows may share a key."""

    organisation = models.TextField()
    bucket = models.DateTimeField()
    api = models.TextField()
    records = models.IntegerField()
    open_connections = models.BigIntegerField()
    closed_connections = models.BigIntegerField()
    bytes_in = models.BigIntegerField()
    bytes_out = models.BigIntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "bucket"], name="analytics_network_bucket")]

    def __str__(self) -> str:
        return f"{self.api} {self.bucket:%F %R}"


class UptimeRecord(models.Model):
    """The result of one uptime test of one URL by a gateway's host checker."""

    pk = models.CompositePrimaryKey("organisation", "id")
    organisation = models.TextField()
    id = models.UUIDField()
    timestamp = models.DateTimeField()
    api_id = models.TextField()
    url = models.TextField()
    request_time = models.BigIntegerField(help_text="Milliseconds.")
    status = models.IntegerField(help_text="521 when no connection was possible.")
    tcp_error = models.BooleanField()
    server_error = models.BooleanField()

    objects = RecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["timestamp"], name="analytics_uptime_timestamp")]

    def __str__(self) -> str:
        return f"{self.url} {self.status}"


class RejectedRecord(models.Model):
    """A payload that could not be stored, kept whole until it is replayed or deleted."""

    class Reason(models.TextChoices):
        """Why a payload was not stored."""

        UNDECODABLE = "undecodable", "not an analytics record"
        IMPLAUSIBLE = "implausible", "a number that nothing measured"
        OUT_OF_WINDOW = "out_of_window", "its time is outside the days that are kept"
        REFUSED = "refused", "refused by the database"

    id = models.BigAutoField(primary_key=True)
    organisation = models.TextField(blank=True, help_text="Empty when the payload does not tell.")
    rejected_at = models.DateTimeField(auto_now_add=True)
    source = models.TextField(help_text="The Redis list it came from.")
    reason = models.TextField(choices=Reason)
    detail = models.TextField(help_text="What was wrong, in words.")
    payload = models.BinaryField()

    objects = LedgerQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["rejected_at"], name="analytics_rejected_at")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.detail}"

    def beginning(self, length: int) -> str:
        """Give the first bytes of the payload as text, with a dot for each that is no ASCII character to print."""
        return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in bytes(self.payload[:length]))
