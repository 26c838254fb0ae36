"""Django's settings: one file for every place Weir runs in.

What differs from place to place comes from the environment. ``config.env`` declares each of its variables with type,
default and meaning, and each is the setting of the same name. Here stands what is the same everywhere.
"""

from __future__ import annotations

from pathlib import Path

import django_stubs_ext

from config.env.access import *
from config.env.audit import *
from config.env.gateways import *
from config.env.server import *
from config.env.traffic import *

django_stubs_ext.monkeypatch()  # lets generic classes of Django say of what, as their type stubs do

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# Apps and stores --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.forms",
    "apps.users",  # before Django's own, whose commands about accounts leave no audit record
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
    "apps.outbox",
    "apps.history",
    "apps.sso",
    "apps.hooks",
    "apps.apis",
    "apps.keys",
    "apps.analytics",
    "apps.catalogue",
    "apps.pump",
    "apps.demo",
    "apps.core.apps.StaffConfig",
]

#: How long a PostgreSQL whose host is gone keeps a thread that connects to it, or has (libpq's words, for TCP). Twelve
#: seconds without a sign, which bounds no statement: the server's own system answers while it works.
CONNECTION_LIMITS = {
    "connect_timeout": "5",  # seconds
    "keepalives": "1",
    "keepalives_idle": "6",  # seconds
    "keepalives_interval": "2",  # seconds
    "keepalives_count": "3",
    "tcp_user_timeout": "12000",  # milliseconds that what was sent is not acknowledged
}
DATABASES = {
    "default": {
        **DATABASE_URL,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,  # seconds
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**CONNECTION_LIMITS, **DATABASE_URL["OPTIONS"]},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "weir-cache",
        "OPTIONS": {
            "serializer": "apps.core.redis.JSONSerializer",
            "socket_connect_timeout": 1,  # seconds: requests wait for it
            "socket_timeout": 1,
        },
    }
}

# Requests and pages -----------------------------------------------------------------------------

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

MIDDLEWARE = [
    "apps.core.middleware.RequestIdMiddleware",
    "apps.core.middleware.FinalSlashMiddleware",
    "apps.core.middleware.BodyMiddleware",  # outside of every transaction
    "apps.core.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.NoStoreMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.middleware.HealthMiddleware",
    "apps.audit.middleware.AuditMiddleware",  # outside of whatever writes: sessions do
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.sso.middleware.ExternalUserMiddleware",
    "apps.users.middleware.UnfinishedLoginMiddleware",  # right after whatever says who comes
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.TimezoneMiddleware",
    "apps.core.middleware.NullCharacterMiddleware",
    "apps.core.middleware.ScopeMiddleware",
]

DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

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

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # static files are served from where they lie: there is no collectstatic step

# Access ------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["apps.users.backends.PasswordBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/home/"
# Who logs out would be logged in again at once by a log-in page of somebody else.
LOGOUT_REDIRECT_URL = f"{LOGIN_URL}?local=true" if SSO_CUSTOM_LOGIN_URL else LOGIN_URL
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "apps.users.password_policy.PolicyValidator"},
    {"NAME": "apps.users.password_policy.HistoryValidator"},
]
PASSWORD_RESET_TIMEOUT = 1000  # seconds that the link of a mail works, as people know it from other dashboards
# Owners of APIs are object permissions: of users and of our own groups. There is no anonymous owner.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
GUARDIAN_USER_OBJ_PERMS_MODEL = "apis.UserOwner"
GUARDIAN_GROUP_OBJ_PERMS_MODEL = "apis.GroupOwner"

SESSION_COOKIE_NAME = "authorisation"
SESSION_COOKIE_AGE = SESSION_LIFETIME
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
# Sending people to HTTPS and telling browsers to stay there is the business of the proxy that ends TLS:
# gateways and probes may well call inside of it, over plain HTTP.
# E-mail addresses are unique in an organisation only, and the log-in knows it (auth.W004); the staff site asks
# our permission table, not guardian's backend (guardian.W001).
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "auth.W004", "guardian.W001"]

# Mail --------------------------------------------------------------------------------------------

globals().update(EMAIL_URL)  # EMAIL_BACKEND, EMAIL_HOST and what else Django takes a mail server apart into
DEFAULT_FROM_EMAIL = EMAIL_FROM

# REST --------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.core.authentication.AccessKeyAuthentication",
        "apps.core.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.permissions.HasPermission"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.requests.AnyTypeJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.renderers.UTF8JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.renderers.LenientNegotiation",
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.PagedList",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.envelope.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other unknown one: ignored
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Weir REST",
    "DESCRIPTION": "Dashboard, control plane and traffic analytics for API gateways.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"WebhookMethodEnum": "apps.hooks.models.Webhook.Method"},
    "SCHEMA_PATH_PREFIX": "/(api|admin)",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Health and logs ---------------------------------------------------------------------------------

READINESS_CHECKS = {
    "database": "apps.core.health.database",
    "redis": "apps.core.health.redis",
    "pump": "apps.pump.status.check",
}
METRICS_COLLECTORS = [
    "apps.core.health.ReadinessCollector",
    "apps.pump.metrics.PumpCollector",
    "apps.outbox.metrics.OutboxCollector",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request id": {"()": "apps.core.logging.RequestIdFilter"},
        "refusals": {"()": "apps.core.logging.RefusalFilter"},
        "redact paths": {"()": "apps.audit.redaction.RedactPaths"},
    },
    "formatters": {
        "line": {
            "()": "apps.core.logging.OneLineFormatter",
            "format": "{asctime} {levelname:7} {name} [{request_id}] {message}",
            "style": "{",
        },
    },
    "handlers": {
        "standard output": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "filters": ["request id", "refusals"],
            "formatter": "line",
        },
    },
    "root": {"handlers": ["standard output"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers are for mail and the development server; its loggers go to the root.
        **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
        # What is refused is told with its path, and keys stand in some.
        **{name: {"filters": ["redact paths"]} for name in ("django.request", "django.security.csrf")},
        # It would warn of every request that waits for a thread.
        "waitress.queue": {"level": "ERROR"},
        # Its debugging lines tell the secrets of sign-ins.
        "authlib": {"level": "INFO"},
        # Where audit chains end is to be found in the log, however quiet it is.
        "weir.audit": {"level": "INFO"},
        # Three lines for every task that goes well would hide what the tasks themselves have to say.
        **{name: {"level": "WARNING"} for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace")},
    },
}
