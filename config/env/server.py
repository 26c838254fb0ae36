"""Variables of the server itself: web, PostgreSQL, Redis, mail."""

from __future__ import annotations

from config import casts
from config.env.variable import Section

INSECURE_SECRET_KEY = "insecure-for-trying-weir-out-only-give-a-long-random-text-instead"

web = Section("Web server")
stores = Section("PostgreSQL and Redis")
mail = Section("Mail")
fetching = Section("Fetching from others")

SECRET_KEY = web.read(
    "SECRET_KEY",
    casts.text,
    INSECURE_SECRET_KEY,
    "Long random text that signs sessions. Refused at start when it is the default and `DEBUG` is off.",
    secret=True,
)
SECRET_KEY_FALLBACKS = web.read(
    "SECRET_KEY_FALLBACKS",
    casts.words,
    "none",
    "Earlier values of `SECRET_KEY`: sessions, links and encrypted secrets made with them still work.",
    secret=True,
)
DEBUG = web.read(
    "DEBUG", casts.boolean, "false", "Show the cause of errors in the browser. Never where others can reach it."
)
ALLOWED_HOSTS = web.read("ALLOWED_HOSTS", casts.hosts, "localhost,127.0.0.1,[::1]", "Host names that Weir answers to.")
CSRF_TRUSTED_ORIGINS = web.read(
    "CSRF_TRUSTED_ORIGINS",
    casts.origins,
    "none",
    "Origins such as `https://weir.example.com` that forms may come from, when a proxy ends TLS.",
)
SECURE_COOKIES = web.read(
    "SECURE_COOKIES",
    casts.boolean,
    "false",
    "Send cookies over HTTPS only, and believe the proxy's `X-Forwarded-Proto`. On wherever people use HTTPS.",
)
PUBLIC_URL = web.read(
    "PUBLIC_URL",
    casts.base_url,
    "",
    "Address that people reach Weir at, such as `https://weir.example.com`; links in mails and the redirect addresses"
    " of identity providers begin with it. Without it they begin with the host that was asked, unless `ALLOWED_HOSTS`"
    " has `*` or another port was asked than Weir listens on: then there are none.",
)
TRUST_FORWARDED_FOR = web.read(
    "TRUST_FORWARDED_FOR",
    casts.boolean,
    "false",
    "Believe the first address of `X-Forwarded-For`. On only behind a proxy that sets that header itself:"
    " otherwise callers choose their own address.",
)
MAX_BODY_BYTES = web.read(
    "MAX_BODY_BYTES",
    casts.at_least(1_000),
    "10485760",
    "Most bytes that the body of a request may have; more is answered with 413. Bodies are read before anything else"
    " is done, and kept in memory while they are worked on.",
)
LOG_LEVEL = web.read("LOG_LEVEL", casts.log_level, "INFO", "Least level that is written to standard output.")
DISPLAY_TIME_ZONE = web.read("DISPLAY_TIME_ZONE", casts.time_zone, "UTC", "Time zone of a person who has chosen none.")

DATABASE_URL = stores.read(
    "DATABASE_URL",
    casts.database,
    "postgresql://postgres@127.0.0.1:5432/weir",
    "PostgreSQL 15 or later. Every form that libpq understands, sockets and `sslmode` included.",
    secret=True,
)
REDIS_URL = stores.read(
    "REDIS_URL",
    casts.redis_url,
    "redis://127.0.0.1:6379/0",
    "Redis or Valkey for the task queue and the cache.",
    secret=True,
)
GATEWAY_REDIS_URL = stores.read(
    "GATEWAY_REDIS_URL",
    casts.redis_url,
    "",
    "The Redis that the gateways use, when it is another one. Otherwise `REDIS_URL`.",
    secret=True,
    fallback=stores["REDIS_URL"],
)

EMAIL_URL = mail.read(
    "EMAIL_URL",
    casts.email_url,
    "console:",
    "How mails are sent: `console:` writes them to the worker's output, `file:///directory` to files (`bin/up` does so,"
    " in `var/mails/`, for links in them open accounts),"
    " `smtp://user:password@host:25` to a server; `smtp+tls` does it with STARTTLS (587), `smtps` with TLS (465).",
    secret=True,
)
EMAIL_FROM = mail.read("EMAIL_FROM", casts.text, "Weir <weir@localhost>", "Who mails come from.")
OUTBOX_RETENTION_DAYS = mail.read(
    "OUTBOX_RETENTION_DAYS",
    casts.retention(36_500),
    "7",
    "Days that the outbox keeps which mails were sent, without their content.",
)

FETCH_ALLOWED_NETWORKS = fetching.read(
    "FETCH_ALLOWED_NETWORKS",
    casts.networks,
    "none",
    "Networks that are not public and that Weir fetches from nevertheless, such as that of an identity provider in the"
    " same cluster. Whoever sets up providers reaches all that is in them.",
)
FETCH_ALLOW_HTTP = fetching.read(
    "FETCH_ALLOW_HTTP",
    casts.boolean,
    "false",
    "Fetch over plain HTTP too, which anybody on the way can read and change.",
)
FETCH_CA_FILE = fetching.read(
    "FETCH_CA_FILE",
    casts.ca_file,
    "",
    "File of the certificate authorities (PEM) to believe, in place of the public ones.",
)
