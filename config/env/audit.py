"""Variables of the audit log."""

from __future__ import annotations

from config import casts
from config.env.server import web
from config.env.variable import Section

audit = Section("Audit")

AUDIT_ENABLED = audit.read(
    "AUDIT_ENABLED", casts.boolean, "true", "Record every REST call, and every write on pages and staff site."
)
AUDIT_STORE_TYPE = audit.read(
    "AUDIT_STORE_TYPE",
    casts.one_of("db", "file", "no_op"),
    "db",
    "Where records go: `db` has the chain, the page and REST; `file` appends to `AUDIT_PATH`; `no_op` keeps none.",
)
AUDIT_FORMAT = audit.read(
    "AUDIT_FORMAT",
    casts.one_of("text", "json"),
    "text",
    "How the file is written: `text` has a field on each line, `json` a record.",
)
AUDIT_PATH = audit.read("AUDIT_PATH", casts.text, "", "The file, when records go to one.")
AUDIT_DETAILED_RECORDING = audit.read(
    "AUDIT_DETAILED_RECORDING",
    casts.boolean,
    "false",
    "Keep the head of each request and the whole answer too, without the secrets in them.",
)
AUDIT_RETENTION_DAYS = audit.read(
    "AUDIT_RETENTION_DAYS", casts.retention(36_500), "400", "Days that records are kept in the database."
)
HISTORY_RETENTION_DAYS = audit.read(
    "HISTORY_RETENTION_DAYS",
    casts.retention(36_500),
    "400",
    "Days that versions of APIs, templates and policies are kept; the one that each is now stays.",
)
AUDIT_SECRET = audit.read(
    "AUDIT_SECRET",
    casts.text,
    "",
    "Signs the records, so that changes by others show. Otherwise `SECRET_KEY`. Records signed with another one"
    " no longer verify: give it once, before there are any, and keep it.",
    secret=True,
    fallback=web["SECRET_KEY"],
)
