"""Variables of the audit log."""

from __future__ import annotations

from config import casts
from config.env.server import SECRET_KEY
from config.env.variable import Variable

AUDIT = "Audit"

AUDIT_ENABLED = Variable(
    "AUDIT_ENABLED", casts.boolean, "true", AUDIT, "Record every REST call, and every write on pages and staff site."
)
AUDIT_STORE_TYPE = Variable(
    "AUDIT_STORE_TYPE",
    casts.one_of("db", "file", "no_op"),
    "db",
    AUDIT,
    "Where records go: `db` has the chain, the page and REST; `file` appends to `AUDIT_PATH`; `no_op` keeps none.",
)
AUDIT_FORMAT = Variable(
    "AUDIT_FORMAT",
    casts.one_of("text", "json"),
    "text",
    AUDIT,
    "How the file is written: `text` has a field on each line, `json` a record.",
)
AUDIT_PATH = Variable("AUDIT_PATH", casts.text, "", AUDIT, "The file, when records go to one.")
AUDIT_DETAILED_RECORDING = Variable(
    "AUDIT_DETAILED_RECORDING",
    casts.boolean,
    "false",
    AUDIT,
    "Keep the head of each request and the whole answer too, without the secrets in them.",
)
AUDIT_RETENTION_DAYS = Variable(
    "AUDIT_RETENTION_DAYS", casts.whole_number, "400", AUDIT, "Days that records are kept in the database; 0 keeps all."
)
AUDIT_SECRET = Variable(
    "AUDIT_SECRET",
    casts.text,
    "",
    AUDIT,
    "Signs the records, so that changes by others show. Otherwise `SECRET_KEY`. Records signed with another one"
    " no longer verify: give it once, before there are any, and keep it.",
    secret=True,
    fallback=SECRET_KEY,
)
