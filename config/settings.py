"""Django's settings: one file for every place Weir runs in. Values come from ``config.env`` only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext

from config.env import access, audit, server, traffic

django_stubs_ext.monkeypatch()  # lets generic classes of Django say of what, as their type stubs do

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# Web server -------------------------------------------------------------------------------------

SECRET_KEY = server.SECRET_KEY.read()
SECRET_KEY_FALLBACKS = server.SECRET_KEY_FALLBACKS.read()
DEBUG = server.DEBUG.read()
ALLOWED_HOSTS = server.ALLOWED_HOSTS.read()
CSRF_TRUSTED_ORIGINS = server.CSRF_TRUSTED_ORIGINS.read()
PUBLIC_URL = server.PUBLIC_URL.read()
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.organisations",
    "apps.audit",
    "apps.users",
    "apps.sso",
    "apps.apis",
    "apps.analytics",
    "apps.pump",
    "apps.demo",
    "apps.core.apps.StaffConfig",
]

MIDDLEWARE = [
    "apps.core.middleware.RequestIdMiddleware",
    "apps.core.middleware.RestSlashMiddleware",
    "apps.core.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.audit.middleware.AuditMiddleware",  # outside of whatever writes: sessions do
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.sso.middleware.VisitorMiddleware",
    "apps.users.middleware.UnfinishedLoginMiddleware",  # right after whatever says who comes
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.TimezoneMiddleware",
    "apps.core.middleware.ScopeMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # our widgets' templates are found too

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
DISPLAY_TIME_ZONE = server.DISPLAY_TIME_ZONE.read()

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # static files are served from where they lie: there is no collectstatic step

# Access -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["apps.users.backends.PasswordBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/home/"
LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "apps.users.password_policy.PolicyValidator"},
    {"NAME": "apps.users.password_policy.HistoryValidator"},
]
PASSWORD_MIN_LENGTH = access.PASSWORD_MIN_LENGTH.read()
PASSWORD_MULTI_CASE = access.PASSWORD_MULTI_CASE.read()
PASSWORD_MIN_NUMERIC = access.PASSWORD_MIN_NUMERIC.read()
PASSWORD_MIN_SPECIAL = access.PASSWORD_MIN_SPECIAL.read()
PASSWORD_DISABLE_SEQUENTIAL = access.PASSWORD_DISABLE_SEQUENTIAL.read()
PASSWORD_RULES_FILE = access.PASSWORD_RULES_FILE.read()
USER_PASSWORD_MAX_DAYS = access.USER_PASSWORD_MAX_DAYS.read()
ENFORCE_PASSWORD_HISTORY = access.ENFORCE_PASSWORD_HISTORY.read()
FORCE_FIRST_LOGIN_PW_RESET = access.FORCE_FIRST_LOGIN_PW_RESET.read()
ALLOW_ADMIN_RESET_PASSWORD = access.ALLOW_ADMIN_RESET_PASSWORD.read()
FORBID_ADMIN_VIEW_ACCESS_TOKEN = access.FORBID_ADMIN_VIEW_ACCESS_TOKEN.read()
FORBID_ADMIN_RESET_ACCESS_TOKEN = access.FORBID_ADMIN_RESET_ACCESS_TOKEN.read()

ENABLE_MULTI_ORG_USERS = access.ENABLE_MULTI_ORG_USERS.read()
# Owners of APIs are object permissions: of users and of our own groups. There is no anonymous owner.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
GUARDIAN_USER_OBJ_PERMS_MODEL = "apis.UserOwner"
GUARDIAN_GROUP_OBJ_PERMS_MODEL = "apis.GroupOwner"
ENABLE_OWNERSHIP = access.ENABLE_OWNERSHIP.read()
OWNED_ANALYTICS = access.OWNED_ANALYTICS.read()
ADDITIONAL_PERMISSIONS = access.ADDITIONAL_PERMISSIONS.read()

ADMIN_SECRET = access.ADMIN_SECRET.read()
NODE_SECRET = access.NODE_SECRET.read()
SESSION_LIFETIME = access.SESSION_LIFETIME.read()
DISABLE_PARALLEL_SESSIONS = access.DISABLE_PARALLEL_SESSIONS.read()
LOGIN_FAILURE_USERNAME_LIMIT = access.LOGIN_FAILURE_USERNAME_LIMIT.read()
LOGIN_FAILURE_IP_LIMIT = access.LOGIN_FAILURE_IP_LIMIT.read()
LOGIN_FAILURE_EXPIRATION = access.LOGIN_FAILURE_EXPIRATION.read()
HIDE_LOGIN_FAILURE_LIMIT_ERROR = access.HIDE_LOGIN_FAILURE_LIMIT_ERROR.read()
LOGIN_DISALLOW_FORWARD_PROXY = access.LOGIN_DISALLOW_FORWARD_PROXY.read()
PASSWORD_RESET_TIMEOUT = 1000  # seconds that the link of a mail works, as people know it from other dashboards
TRUST_FORWARDED_FOR = server.TRUST_FORWARDED_FOR.read()
SECURE_COOKIES = server.SECURE_COOKIES.read()

SESSION_COOKIE_NAME = "authorisation"
SESSION_COOKIE_AGE = SESSION_LIFETIME
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
# Sending people to HTTPS and telling browsers to stay there is the business of the proxy that ends TLS:
# gateways and probes may well call inside of it, over plain HTTP.
# E-mail addresses are unique in an organisation only, and the log-in knows it (auth.W004); the staff site asks
# our permission table, not guardian's backend (guardian.W001).
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "auth.W004", "guardian.W001"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None

# Mail -------------------------------------------------------------------------------------------

EMAIL_URL = server.EMAIL_URL.read()
globals().update(EMAIL_URL)
DEFAULT_FROM_EMAIL = EMAIL_FROM = server.EMAIL_FROM.read()

# Single sign-on ---------------------------------------------------------------------------------

SSO_ENABLE_USER_LOOKUP = access.SSO_ENABLE_USER_LOOKUP.read()
SSO_PERMISSION_DEFAULTS = access.SSO_PERMISSION_DEFAULTS.read()
SSO_DEFAULT_GROUP_ID = access.SSO_DEFAULT_GROUP_ID.read()
SSO_DEFAULT_ADMIN = access.SSO_DEFAULT_ADMIN.read()
SSO_ADMIT_SUPER_ADMINS = access.SSO_ADMIT_SUPER_ADMINS.read()
SSO_CUSTOM_LOGIN_URL = access.SSO_CUSTOM_LOGIN_URL.read()
SSO_CUSTOM_LOGIN_ERROR_URL = access.SSO_CUSTOM_LOGIN_ERROR_URL.read()
if SSO_CUSTOM_LOGIN_URL:  # who logs out would be logged in again at once
    LOGOUT_REDIRECT_URL = f"{LOGIN_URL}?local=true"

# REST -------------------------------------------------------------------------------------------

PAGE_SIZE = access.PAGE_SIZE.read()
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.core.authentication.AccessKeyAuthentication",
        "apps.core.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.permissions.HasPermission"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.AnyTypeJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.renderers.UTF8JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.PagedList",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.envelope.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other unknown one: ignored
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Weir REST",
    "DESCRIPTION": "Dashboard, control plane and traffic analytics for API gateways.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/(api|admin)",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Audit ------------------------------------------------------------------------------------------

AUDIT_ENABLED = audit.AUDIT_ENABLED.read()
AUDIT_STORE_TYPE = audit.AUDIT_STORE_TYPE.read()
AUDIT_FORMAT = audit.AUDIT_FORMAT.read()
AUDIT_PATH = audit.AUDIT_PATH.read()
AUDIT_DETAILED_RECORDING = audit.AUDIT_DETAILED_RECORDING.read()
AUDIT_RETENTION_DAYS = audit.AUDIT_RETENTION_DAYS.read()
AUDIT_SECRET = audit.AUDIT_SECRET.read()

# Health and logs --------------------------------------------------------------------------------

READINESS_CHECKS = {
    "database": "apps.core.health.database",
    "redis": "apps.core.health.redis",
    "pump": "apps.pump.status.check",
}
METRICS_COLLECTORS = [
    "apps.core.health.ReadinessCollector",
    "apps.pump.metrics.PumpCollector",
]

LOG_LEVEL = server.LOG_LEVEL.read()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request id": {"()": "apps.core.logging.RequestIdFilter"},
        "redact paths": {"()": "apps.audit.redaction.RedactPaths"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname:7} {name} [{request_id}] {message}", "style": "{"},
    },
    "handlers": {
        "standard output": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "filters": ["request id"],
            "formatter": "line",
        },
    },
    "root": {"handlers": ["standard output"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers are for mail and the development server; its loggers go to the root.
        **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
        # What is refused is told with its path, and keys stand in some.
        **{name: {"filters": ["redact paths"]} for name in ("django.request", "django.security.csrf")},
        # Its debugging lines tell the secrets of sign-ins.
        "authlib": {"level": "INFO"},
        # Where audit chains end is to be found in the log, however quiet it is.
        "weir.audit": {"level": "INFO"},
        # Three lines for every task that goes well would hide what the tasks themselves have to say.
        **{name: {"level": "WARNING"} for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace")},
    },
}

# PostgreSQL and Redis ---------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,  # seconds
        "CONN_HEALTH_CHECKS": True,
        **server.DATABASE_URL.read(),
    }
}
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", "5")  # seconds; /ready must answer
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = server.REDIS_URL.read()
GATEWAY_REDIS_URL = server.GATEWAY_REDIS_URL.read()
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "weir-cache",
        "OPTIONS": {"serializer": "apps.core.redis.JSONSerializer"},
    }
}

# Pump and traffic data --------------------------------------------------------------------------

PUMP_KEY_PREFIX = traffic.PUMP_KEY_PREFIX.read()
PUMP_PURGE_DELAY = traffic.PUMP_PURGE_DELAY.read()
PUMP_SLICE_RECORDS = traffic.PUMP_SLICE_RECORDS.read()
PUMP_SLICE_BYTES = traffic.PUMP_SLICE_BYTES.read()
PUMP_OMIT_DETAILED_RECORDING = traffic.PUMP_OMIT_DETAILED_RECORDING.read()
PUMP_MAX_RECORD_SIZE = traffic.PUMP_MAX_RECORD_SIZE.read()
PUMP_TRACK_ALL_PATHS = traffic.PUMP_TRACK_ALL_PATHS.read()
PUMP_IGNORE_TAG_PREFIX_LIST = traffic.PUMP_IGNORE_TAG_PREFIX_LIST.read()
PUMP_API_IDS = traffic.PUMP_API_IDS.read()
PUMP_ORG_IDS = traffic.PUMP_ORG_IDS.read()
PUMP_RESPONSE_CODES = traffic.PUMP_RESPONSE_CODES.read()
PUMP_SKIP_API_IDS = traffic.PUMP_SKIP_API_IDS.read()
PUMP_SKIP_ORG_IDS = traffic.PUMP_SKIP_ORG_IDS.read()
PUMP_SKIP_RESPONSE_CODES = traffic.PUMP_SKIP_RESPONSE_CODES.read()
PUMP_DONT_PURGE_UPTIME_DATA = traffic.PUMP_DONT_PURGE_UPTIME_DATA.read()
PUMP_NORMALISE_URLS = traffic.PUMP_NORMALISE_URLS.read()
PUMP_NORMALISE_UUIDS = traffic.PUMP_NORMALISE_UUIDS.read()
PUMP_NORMALISE_ULIDS = traffic.PUMP_NORMALISE_ULIDS.read()
PUMP_NORMALISE_NUMBERS = traffic.PUMP_NORMALISE_NUMBERS.read()
PUMP_NORMALISE_CUSTOM_PATTERNS = traffic.PUMP_NORMALISE_CUSTOM_PATTERNS.read()
PUMP_GEO_IP_DB_PATH = traffic.PUMP_GEO_IP_DB_PATH.read()
PUMP_REDACTED_HEADERS = traffic.PUMP_REDACTED_HEADERS.read()

ANALYTICS_RAW_DAYS = traffic.ANALYTICS_RAW_DAYS.read()
ANALYTICS_MINUTE_DAYS = traffic.ANALYTICS_MINUTE_DAYS.read()
ANALYTICS_HOUR_MONTHS = traffic.ANALYTICS_HOUR_MONTHS.read()
ANALYTICS_DAY_YEARS = traffic.ANALYTICS_DAY_YEARS.read()
ANALYTICS_PARTITIONS_AHEAD = traffic.ANALYTICS_PARTITIONS_AHEAD.read()
LAG_LIMIT = traffic.LAG_LIMIT.read()

DEMO_TRAFFIC = traffic.DEMO_TRAFFIC.read()
DEMO_RATE = traffic.DEMO_RATE.read()
