"""Every variable Weir understands, and the only reader of the environment.

A variable is declared once, below, with its kind, its default as it would be written, its section and
its meaning. ``manage.py configuration`` writes ``docs/configuration.md`` and ``.env.example`` from the
same table. An empty variable is the same as none. For a secret, ``NAME_FILE`` may name a file that
holds the value instead (as container platforms mount them).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from config import kinds
from config.kinds import Kind

T = TypeVar("T")

INSECURE_SECRET_KEY = "insecure-for-trying-weir-out-only-give-a-long-random-text-instead"

SERVER = "Web server"
STORES = "PostgreSQL and Redis"
ACCESS = "Access"
SSO = "Single sign-on"
PASSWORDS = "Passwords"
MAIL = "Mail"
PUMP = "Pump"
TRAFFIC = "Traffic data"
AUDIT = "Audit"
DEMO = "Demo"


class BadVariable(Exception):
    """A variable whose value cannot be used; its text names the variable, the value and the remedy."""


@dataclass(frozen=True)
class Variable(Generic[T]):
    """One variable: ``read()`` gives its typed value or raises ``BadVariable``."""

    name: str
    kind: Kind[T]
    default: str
    section: str
    description: str
    secret: bool = False
    otherwise: Variable[T] | None = None  # whose value is taken when this one is not given

    def read(self) -> T:
        """Give the typed value of the environment, else of the default."""
        given = self._given()
        if given is None:
            return self.otherwise.read() if self.otherwise else self.kind.parse(self.default)
        try:
            return self.kind.parse(given)
        except ValueError as error:
            shown = "the value given (not shown, it is a secret)" if self.secret else repr(given)
            raise BadVariable(f"{self.name}: {shown} is not {self.kind.expects}: {error}.") from error

    def _given(self) -> str | None:
        direct = os.environ.get(self.name, "").strip()
        file = os.environ.get(f"{self.name}_FILE", "").strip() if self.secret else ""
        if direct and file:
            raise BadVariable(f"{self.name} and {self.name}_FILE are both given; give one of them.")
        return (self._content(file) if file else direct) or None

    def _content(self, file: str) -> str:
        try:
            return Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadVariable(f"{self.name}_FILE: {file!r} is not a readable text file: {error}.") from error


SECRET_KEY = Variable(
    "SECRET_KEY",
    kinds.text,
    INSECURE_SECRET_KEY,
    SERVER,
    "Long random text that signs sessions. Refused at start when it is the default and `DEBUG` is off.",
    secret=True,
)
SECRET_KEY_FALLBACKS = Variable(
    "SECRET_KEY_FALLBACKS",
    kinds.words,
    "none",
    SERVER,
    "Earlier values of `SECRET_KEY`: sessions, links and sealed secrets made with them still work.",
    secret=True,
)
DEBUG = Variable(
    "DEBUG", kinds.boolean, "false", SERVER, "Show the cause of errors in the browser. Never where others can reach it."
)
ALLOWED_HOSTS = Variable(
    "ALLOWED_HOSTS", kinds.items, "localhost,127.0.0.1,[::1]", SERVER, "Host names that Weir answers to."
)
CSRF_TRUSTED_ORIGINS = Variable(
    "CSRF_TRUSTED_ORIGINS",
    kinds.items,
    "none",
    SERVER,
    "Origins such as `https://weir.example.com` that forms may come from, when a proxy ends TLS.",
)
SECURE_COOKIES = Variable(
    "SECURE_COOKIES",
    kinds.boolean,
    "false",
    SERVER,
    "Send cookies over HTTPS only, and believe the proxy's `X-Forwarded-Proto`. On wherever people use HTTPS.",
)
PUBLIC_URL = Variable(
    "PUBLIC_URL",
    kinds.web_address,
    "",
    SERVER,
    "Address that people reach Weir at, such as `https://weir.example.com`; links in mails begin with it."
    " Without it they begin with the host that was asked, unless `ALLOWED_HOSTS` has `*`: then none are sent.",
)
TRUST_FORWARDED_FOR = Variable(
    "TRUST_FORWARDED_FOR",
    kinds.boolean,
    "false",
    SERVER,
    "Believe the first address of `X-Forwarded-For`. On only behind a proxy that sets that header itself:"
    " otherwise callers choose their own address.",
)
LOG_LEVEL = Variable("LOG_LEVEL", kinds.log_level, "INFO", SERVER, "Least level that is written to standard output.")
DISPLAY_TIME_ZONE = Variable(
    "DISPLAY_TIME_ZONE", kinds.time_zone, "UTC", SERVER, "Time zone of a person who has chosen none."
)

DATABASE_URL = Variable(
    "DATABASE_URL",
    kinds.database,
    "postgresql://postgres@127.0.0.1:5432/weir",
    STORES,
    "PostgreSQL 15 or later. Every form that libpq understands, sockets and `sslmode` included.",
    secret=True,
)
REDIS_URL = Variable(
    "REDIS_URL",
    kinds.redis_url,
    "redis://127.0.0.1:6379/0",
    STORES,
    "Redis or Valkey for the task queue and the cache.",
    secret=True,
)
GATEWAY_REDIS_URL = Variable(
    "GATEWAY_REDIS_URL",
    kinds.redis_url,
    "",
    STORES,
    "The Redis that the gateways use, when it is another one. Otherwise `REDIS_URL`.",
    secret=True,
    otherwise=REDIS_URL,
)

ADMIN_SECRET = Variable(
    "ADMIN_SECRET",
    kinds.text,
    "",
    ACCESS,
    "Value of the `admin-auth` header for everything under `/admin`. Without it nobody is let in there.",
    secret=True,
)
NODE_SECRET = Variable(
    "NODE_SECRET", kinds.text, "", ACCESS, "Secret that gateways register with (their `node_secret`).", secret=True
)
SESSION_LIFETIME = Variable(
    "SESSION_LIFETIME", kinds.whole_number, "43200", ACCESS, "Seconds after which a person must log in again."
)
DISABLE_PARALLEL_SESSIONS = Variable(
    "DISABLE_PARALLEL_SESSIONS", kinds.boolean, "false", ACCESS, "Logging in ends a person's other sessions."
)
LOGIN_FAILURE_USERNAME_LIMIT = Variable(
    "LOGIN_FAILURE_USERNAME_LIMIT",
    kinds.whole_number,
    "10",
    ACCESS,
    "Wrong passwords after which an e-mail address, known or not, has to wait; 0 for no limit."
    " Codes of second factors are limited to 5 whatever stands here.",
)
LOGIN_FAILURE_IP_LIMIT = Variable(
    "LOGIN_FAILURE_IP_LIMIT",
    kinds.whole_number,
    "50",
    ACCESS,
    "The same for an IP address (of IPv6 its first 64 bits). 0 for no limit, where everybody comes from one address.",
)
LOGIN_FAILURE_EXPIRATION = Variable(
    "LOGIN_FAILURE_EXPIRATION",
    kinds.whole_number,
    "900",
    ACCESS,
    "Seconds from the first wrong password until all are forgotten.",
)
HIDE_LOGIN_FAILURE_LIMIT_ERROR = Variable(
    "HIDE_LOGIN_FAILURE_LIMIT_ERROR",
    kinds.boolean,
    "false",
    ACCESS,
    "Answer whoever has to wait as if the password were wrong.",
)
LOGIN_DISALLOW_FORWARD_PROXY = Variable(
    "LOGIN_DISALLOW_FORWARD_PROXY",
    kinds.boolean,
    "false",
    ACCESS,
    "Count by the address that connects, whatever `TRUST_FORWARDED_FOR` says.",
)
ENABLE_MULTI_ORG_USERS = Variable(
    "ENABLE_MULTI_ORG_USERS",
    kinds.boolean,
    "false",
    ACCESS,
    "One e-mail address may have an account in each of several organisations; people choose one when they log in.",
)
ENABLE_OWNERSHIP = Variable(
    "ENABLE_OWNERSHIP",
    kinds.boolean,
    "false",
    ACCESS,
    "An API that has owners is seen by them and by administrators only, and so is what hangs on it.",
)
OWNED_ANALYTICS = Variable(
    "OWNED_ANALYTICS",
    kinds.one_of("hide", "filter"),
    "hide",
    ACCESS,
    "What `owned_analytics` does to screens beyond traffic by API: `hide` them as older dashboards do, or show them"
    " all, limited to the owned APIs (`filter`).",
)
ADDITIONAL_PERMISSIONS = Variable(
    "ADDITIONAL_PERMISSIONS",
    kinds.texts_by_name,
    "{}",
    ACCESS,
    "Permissions beside the built-in ones, name → label, of organisations that have none of their own.",
)
EMAIL_URL = Variable(
    "EMAIL_URL",
    kinds.email_url,
    "console:",
    MAIL,
    "How mails are sent: `console:` writes them to the worker's output, `file:///directory` to files,"
    " `smtp://user:password@host:25` to a server; `smtp+tls` does it with STARTTLS (587), `smtps` with TLS (465).",
    secret=True,
)
EMAIL_FROM = Variable("EMAIL_FROM", kinds.text, "Weir <weir@localhost>", MAIL, "Who mails come from.")
PASSWORD_MIN_LENGTH = Variable(
    "PASSWORD_MIN_LENGTH", kinds.whole_number, "6", PASSWORDS, "Least characters of a password; below 6 counts as 6."
)
PASSWORD_MULTI_CASE = Variable(
    "PASSWORD_MULTI_CASE", kinds.boolean, "false", PASSWORDS, "A password needs both upper and lower case letters."
)
PASSWORD_MIN_NUMERIC = Variable(
    "PASSWORD_MIN_NUMERIC", kinds.whole_number, "0", PASSWORDS, "Least digits of a password."
)
PASSWORD_MIN_SPECIAL = Variable(
    "PASSWORD_MIN_SPECIAL",
    kinds.whole_number,
    "0",
    PASSWORDS,
    "Least characters of a password that are neither letters nor digits.",
)
PASSWORD_DISABLE_SEQUENTIAL = Variable(
    "PASSWORD_DISABLE_SEQUENTIAL",
    kinds.boolean,
    "false",
    PASSWORDS,
    "Refuse three characters in sequence or repeated: `abc`, `321`, `xxx`.",
)
PASSWORD_RULES_FILE = Variable(
    "PASSWORD_RULES_FILE",
    kinds.text,
    "",
    PASSWORDS,
    "A `password.json` of the dashboard that Weir replaces; what it says goes before the five rules above.",
)
USER_PASSWORD_MAX_DAYS = Variable(
    "USER_PASSWORD_MAX_DAYS",
    kinds.whole_number,
    "0",
    PASSWORDS,
    "Days after which a password must be changed; 0 is never. Users and groups may have a number of their own.",
)
ENFORCE_PASSWORD_HISTORY = Variable(
    "ENFORCE_PASSWORD_HISTORY",
    kinds.whole_number,
    "0",
    PASSWORDS,
    "A new password may be none of the last so many, the present one included; that one it may never be.",
)
FORCE_FIRST_LOGIN_PW_RESET = Variable(
    "FORCE_FIRST_LOGIN_PW_RESET",
    kinds.boolean,
    "false",
    PASSWORDS,
    "Ask new users for a password of their own at their first log-in.",
)
ALLOW_ADMIN_RESET_PASSWORD = Variable(
    "ALLOW_ADMIN_RESET_PASSWORD",
    kinds.boolean,
    "false",
    PASSWORDS,
    "Administrators may set the passwords of others in their organisation; otherwise those only who have the"
    " permission `ResetPassword`.",
)
FORBID_ADMIN_VIEW_ACCESS_TOKEN = Variable(
    "FORBID_ADMIN_VIEW_ACCESS_TOKEN",
    kinds.boolean,
    "false",
    ACCESS,
    "A new access key is shown to the user it belongs to, and to no administrator.",
)
FORBID_ADMIN_RESET_ACCESS_TOKEN = Variable(
    "FORBID_ADMIN_RESET_ACCESS_TOKEN",
    kinds.boolean,
    "false",
    ACCESS,
    "Nobody resets the access key of somebody else, administrators included.",
)
PAGE_SIZE = Variable("PAGE_SIZE", kinds.whole_number, "10", ACCESS, "Items on one page of a REST list.")

SSO_ENABLE_USER_LOOKUP = Variable(
    "SSO_ENABLE_USER_LOOKUP", kinds.boolean, "false", SSO, "Look for the accounts of people whom a broker sends."
)
SSO_PERMISSION_DEFAULTS = Variable(
    "SSO_PERMISSION_DEFAULTS", kinds.levels, "none", SSO, "Permissions of every visitor; those of groups are added."
)
SSO_DEFAULT_GROUP_ID = Variable(
    "SSO_DEFAULT_GROUP_ID", kinds.text, "", SSO, "The user group of visitors who come without one."
)
SSO_DEFAULT_ADMIN = Variable(
    "SSO_DEFAULT_ADMIN", kinds.boolean, "false", SSO, "Whom a broker sends without group administers, as of old."
)
SSO_CUSTOM_LOGIN_URL = Variable(
    "SSO_CUSTOM_LOGIN_URL", kinds.text, "", SSO, "The log-in page to use; ours stays at `/login/?local=true`."
)
SSO_CUSTOM_LOGIN_ERROR_URL = Variable(
    "SSO_CUSTOM_LOGIN_ERROR_URL", kinds.text, "", SSO, "Where people go who could not be signed in."
)

PUMP_KEY_PREFIX = Variable(
    "PUMP_KEY_PREFIX", kinds.text, "analytics-", PUMP, "Prefix of the Redis lists that gateways push records to."
)
PUMP_PURGE_DELAY = Variable("PUMP_PURGE_DELAY", kinds.number, "10", PUMP, "Seconds from one drain to the next.")
PUMP_SLICE_RECORDS = Variable(
    "PUMP_SLICE_RECORDS", kinds.whole_number, "12500", PUMP, "Most records stored in one transaction."
)
PUMP_SLICE_BYTES = Variable(
    "PUMP_SLICE_BYTES", kinds.whole_number, "16777216", PUMP, "Most bytes of records stored in one transaction."
)
PUMP_THREADS = Variable(
    "PUMP_THREADS",
    kinds.whole_number,
    "1",
    PUMP,
    "Threads that count records in each process. More make a slice a little faster and cost more in all;"
    " the next slice is prepared while PostgreSQL stores the last one anyway.",
)
PUMP_OMIT_DETAILED_RECORDING = Variable(
    "PUMP_OMIT_DETAILED_RECORDING", kinds.boolean, "false", PUMP, "Drop the raw request and response of every record."
)
PUMP_MAX_RECORD_SIZE = Variable(
    "PUMP_MAX_RECORD_SIZE",
    kinds.whole_number,
    "0",
    PUMP,
    "Most bytes of base64 text kept of a raw request and of a raw response; 0 keeps all.",
)
PUMP_TRACK_ALL_PATHS = Variable(
    "PUMP_TRACK_ALL_PATHS",
    kinds.boolean,
    "false",
    PUMP,
    "Count every path, not only those the gateway marks as tracked.",
)
PUMP_IGNORE_TAG_PREFIX_LIST = Variable(
    "PUMP_IGNORE_TAG_PREFIX_LIST", kinds.items, "none", PUMP, "Tags that start with one of these are not counted."
)
PUMP_API_IDS = Variable("PUMP_API_IDS", kinds.items, "none", PUMP, "Take records of these APIs only.")
PUMP_ORG_IDS = Variable("PUMP_ORG_IDS", kinds.items, "none", PUMP, "Take records of these organisations only.")
PUMP_RESPONSE_CODES = Variable(
    "PUMP_RESPONSE_CODES", kinds.numbers, "none", PUMP, "Take records with these status codes only."
)
PUMP_SKIP_API_IDS = Variable("PUMP_SKIP_API_IDS", kinds.items, "none", PUMP, "Leave out records of these APIs.")
PUMP_SKIP_ORG_IDS = Variable(
    "PUMP_SKIP_ORG_IDS", kinds.items, "none", PUMP, "Leave out records of these organisations."
)
PUMP_SKIP_RESPONSE_CODES = Variable(
    "PUMP_SKIP_RESPONSE_CODES", kinds.numbers, "none", PUMP, "Leave out records with these status codes."
)
PUMP_DONT_PURGE_UPTIME_DATA = Variable(
    "PUMP_DONT_PURGE_UPTIME_DATA", kinds.boolean, "false", PUMP, "Leave the list of uptime checks to another program."
)
PUMP_NORMALISE_URLS = Variable(
    "PUMP_NORMALISE_URLS", kinds.boolean, "false", PUMP, "Count paths with their ids replaced; the next four say which."
)
PUMP_NORMALISE_UUIDS = Variable("PUMP_NORMALISE_UUIDS", kinds.boolean, "true", PUMP, "UUIDs become `{uuid}`.")
PUMP_NORMALISE_ULIDS = Variable("PUMP_NORMALISE_ULIDS", kinds.boolean, "true", PUMP, "ULIDs become `{ulid}`.")
PUMP_NORMALISE_NUMBERS = Variable(
    "PUMP_NORMALISE_NUMBERS", kinds.boolean, "true", PUMP, "Path segments that are numbers become `{id}`."
)
PUMP_NORMALISE_CUSTOM_PATTERNS = Variable(
    "PUMP_NORMALISE_CUSTOM_PATTERNS", kinds.words, "none", PUMP, "Regular expressions; what matches becomes `{var}`."
)
PUMP_GEO_IP_DB_PATH = Variable(
    "PUMP_GEO_IP_DB_PATH", kinds.text, "", PUMP, "An `.mmdb` file to look up the country and city of an address in."
)
PUMP_REDACTED_HEADERS = Variable(
    "PUMP_REDACTED_HEADERS",
    kinds.items,
    "authorization,proxy-authorization,cookie,set-cookie,x-api-key,api-key,apikey,x-auth-token,x-access-token",
    PUMP,
    "Headers whose values are taken out of raw requests and responses before they are stored.",
)

ANALYTICS_RAW_DAYS = Variable(
    "ANALYTICS_RAW_DAYS", kinds.whole_number, "30", TRAFFIC, "Days that single requests are kept (the log browser)."
)
ANALYTICS_MINUTE_DAYS = Variable(
    "ANALYTICS_MINUTE_DAYS", kinds.whole_number, "3", TRAFFIC, "Days that figures per minute are kept."
)
ANALYTICS_HOUR_MONTHS = Variable(
    "ANALYTICS_HOUR_MONTHS", kinds.whole_number, "13", TRAFFIC, "Months that figures per hour are kept."
)
ANALYTICS_DAY_YEARS = Variable(
    "ANALYTICS_DAY_YEARS", kinds.whole_number, "5", TRAFFIC, "Years that figures per day are kept."
)
ANALYTICS_PARTITIONS_AHEAD = Variable(
    "ANALYTICS_PARTITIONS_AHEAD", kinds.whole_number, "7", TRAFFIC, "Days for which partitions are made ahead."
)
LAG_LIMIT = Variable(
    "LAG_LIMIT", kinds.number, "60", TRAFFIC, "Seconds the pump may be behind before `/ready` answers 503."
)

AUDIT_ENABLED = Variable(
    "AUDIT_ENABLED", kinds.boolean, "true", AUDIT, "Record every REST call, and every write on pages and staff site."
)
AUDIT_STORE_TYPE = Variable(
    "AUDIT_STORE_TYPE",
    kinds.one_of("db", "file", "no_op"),
    "db",
    AUDIT,
    "Where records go: `db` has the chain, the page and REST; `file` appends to `AUDIT_PATH`; `no_op` keeps none.",
)
AUDIT_FORMAT = Variable(
    "AUDIT_FORMAT",
    kinds.one_of("text", "json"),
    "text",
    AUDIT,
    "How the file is written: `text` has a field on each line, `json` a record.",
)
AUDIT_PATH = Variable("AUDIT_PATH", kinds.text, "", AUDIT, "The file, when records go to one.")
AUDIT_DETAILED_RECORDING = Variable(
    "AUDIT_DETAILED_RECORDING",
    kinds.boolean,
    "false",
    AUDIT,
    "Keep the head of each request and the whole answer too, without the secrets in them.",
)
AUDIT_RETENTION_DAYS = Variable(
    "AUDIT_RETENTION_DAYS", kinds.whole_number, "400", AUDIT, "Days that records are kept in the database; 0 keeps all."
)
AUDIT_SECRET = Variable(
    "AUDIT_SECRET",
    kinds.text,
    "",
    AUDIT,
    "Seals the records, so that changes by others show. Otherwise `SECRET_KEY`. Records sealed with another one"
    " no longer verify: give it once, before there are any, and keep it.",
    secret=True,
    otherwise=SECRET_KEY,
)

DEMO_TRAFFIC = Variable(
    "DEMO_TRAFFIC", kinds.boolean, "false", DEMO, "Make up traffic for the demo organisation while Weir runs."
)
DEMO_RATE = Variable("DEMO_RATE", kinds.number, "0.5", DEMO, "Made-up requests per second.")

VARIABLES: tuple[Variable[Any], ...] = tuple(value for value in globals().values() if isinstance(value, Variable))

# polars takes its number of threads from here when it is imported, and from nowhere else.
os.environ.setdefault("POLARS_MAX_THREADS", str(PUMP_THREADS.read()))
