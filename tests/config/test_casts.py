"""Kinds of values: what they take and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from config import casts
from config.casts import Cast, broker_url, database_settings, email_settings
from config.env import SECTIONS, Variable
from config.notation import OtherNotation

VARIABLES = [variable for section in SECTIONS for variable in section.values()]


ALLOWED = ["localhost", "127.0.0.1", "[::1]", "[::2]:8000", "*", ".example.com"]


@pytest.mark.parametrize(
    ("cast", "text", "value"),
    [
        (casts.boolean, "TRUE", True),
        (casts.boolean, "off", False),
        (casts.whole_number, "-3", -3),
        (casts.number, "0.5", 0.5),
        (casts.items, "a, b ,,c", ["a", "b", "c"]),
        (casts.items, "none", []),
        (casts.items, "team blue,key-", ["team blue", "key-"]),
        (casts.names, "localhost,127.0.0.1,[::1],[::2]:8000,*,.example.com", ALLOWED),
        (casts.names, "https://[::1],\nhttp://a", ["https://[::1]", "http://a"]),
        (casts.words, "^/[0-9]+$ [a-z] (x|y)", ["^/[0-9]+$", "[a-z]", "(x|y)"]),
        (casts.text, 'Weir "the best" <weir@host>', 'Weir "the best" <weir@host>'),
        (casts.text, '"', '"'),
        (casts.number, ".5", 0.5),
        (casts.whole_number_from(1, 9), "9", 9),
        (casts.retention(10), "10", 10),
        (casts.retention(10), "0", None),
        (casts.retention(10), "None", None),
        (casts.words, "^/a,b$\n ^/c$", ["^/a,b$", "^/c$"]),
        (casts.words, "None", []),
        (casts.numbers, "200, 404", [200, 404]),
        (casts.texts_by_name, '{"api_developer": "API Developer"}', {"api_developer": "API Developer"}),
        (casts.levels, "analytics:read, apis : write", {"analytics": "read", "apis": "write"}),
        (casts.levels, "none", {}),
        (casts.log_level, "debug", "DEBUG"),
        (casts.time_zone, "Europe/London", "Europe/London"),
        (casts.redis_url, "rediss://host:6380/1", "rediss://host:6380/1"),
        (casts.redis_url, "unix:///run/redis.sock?db=0", "unix:///run/redis.sock?db=0"),
        (casts.base_url, "https://weir.example.com/", "https://weir.example.com"),
        (casts.redis_url, "redis://host:6379/", "redis://host:6379/"),
        (
            casts.hosts,
            "localhost,127.0.0.1,[::1],*,.example.com,a_b",
            "localhost 127.0.0.1 [::1] * .example.com a_b".split(),
        ),
        (casts.origins, "https://a:8443,http://[::1]", ["https://a:8443", "http://[::1]"]),
        (casts.web_url, "http://10.0.0.5:8080/base/", "http://10.0.0.5:8080/base/"),
        (casts.link, "/login", "/login"),
        (casts.link, "https://a/b?c=d", "https://a/b?c=d"),
        (casts.key_prefix, "analytics-", "analytics-"),
        (casts.file, __file__, __file__),
        (casts.at_least(1), "1", 1),
        (casts.number_above_zero, "0.1", 0.1),
    ],
)
def test_it_reads(cast: Cast[Any], text: str, value: Any) -> None:
    assert cast.parse(text) == value


@pytest.mark.parametrize(
    ("cast", "text"),
    [
        (casts.boolean, "maybe"),
        (casts.levels, "analytics"),
        (casts.levels, "analytics:read,:write"),
        (casts.levels, "analytics:"),
        (casts.whole_number, "1.5"),
        (casts.whole_number, "1_000"),
        (casts.whole_number, "１２"),
        (casts.whole_number, str(2**31)),
        (casts.whole_number, "9" * 5_000),
        (casts.whole_number_from(1, 9), "0"),
        (casts.whole_number_from(1, 9), "10"),
        (casts.retention(10), "11"),
        (casts.retention(10), "-1"),
        (casts.retention(10), "for ever"),
        (casts.number, "ten"),
        (casts.number, "nan"),
        (casts.number, "inf"),
        (casts.number, "1e400"),
        (casts.number, "9" * 400),
        (casts.numbers, "200,ok"),
        (casts.texts_by_name, "api_developer"),
        (casts.texts_by_name, '["api_developer"]'),
        (casts.texts_by_name, '{"api_developer": 1}'),
        (casts.log_level, "LOUD"),
        (casts.time_zone, "Mars/Olympus"),
        (casts.time_zone, "Europe"),
        (casts.time_zone, "../../etc/passwd"),
        (casts.redis_url, "http://host"),
        (casts.base_url, "weir.example.com"),
        (casts.base_url, "https://weir.example.com/below"),
        (casts.redis_url, "redis://"),
        (casts.redis_url, "redis://host/zero"),
        (casts.redis_url, "redis://host/0/1"),
        (casts.redis_url, "redis://host:port/0"),
        (casts.redis_url, "redis://host?db=x"),
        (casts.redis_url, "unix:///run/redis.sock?db=x"),
        (casts.origins, "weir.example.com"),
        (casts.web_url, "gateway:8080"),
        (casts.web_url, "localhost"),
        (casts.web_url, "http://"),
        (casts.web_url, "http://host:port"),
        (casts.link, "javascript:alert(1)"),
        (casts.link, "//elsewhere"),
        (casts.link, "login"),
        (casts.key_prefix, "analytics-*"),
        (casts.key_prefix, "a b"),
        (casts.file, "/nowhere/city.mmdb"),
        (casts.file, "/tmp"),
        (casts.ca_file, "/nowhere/ca.pem"),
        (casts.ca_file, __file__),
        (casts.levels, "analytics:reed"),
        (casts.at_least(1), "0"),
        (casts.number_above_zero, "0"),
        (casts.redis_url, "unix://"),
        (casts.database, "mysql://host/weir"),
        (casts.database, "postgresql://host"),
        (casts.database, "postgresql://host/weir?nonsense=1"),
    ],
)
def test_it_refuses(cast: Cast[Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        cast.parse(text)


@pytest.mark.parametrize(
    ("cast", "text", "meant"),
    [
        (casts.names, '"authorization,cookie"', "authorization,cookie"),
        (casts.names, "'authorization','cookie'", "authorization,cookie"),
        (casts.names, '["a"]', "a"),
        (casts.names, '["[::1]", "b"]', "[::1],b"),
        (casts.names, "[a, b]", "a,b"),
        (casts.names, "[a]", "a"),
        (casts.names, "('a', 'b')", "a,b"),
        (casts.names, "{a,b}", "a,b"),
        (casts.names, "a,b]", "a,b"),
        (casts.names, "“a”,b", "a,b"),
        (casts.names, "a b", "a,b"),
        (casts.names, "a; b", "a,b"),
        (casts.names, "a|b", "a,b"),
        (casts.names, "- a\n- b", "a,b"),
        (casts.names, "a\nb", "a,b"),
        (casts.items, '"team blue"', "team blue"),
        (casts.items, "- team blue\n- key-", "team blue,key-"),
        (casts.items, '["team blue", "b"]', "team blue,b"),
        (casts.numbers, "[200, 404]", "200,404"),
        (casts.numbers, '"200"', "200"),
        (casts.numbers, "200 404", "200,404"),
        (casts.words, '"^/a ^/b"', "^/a ^/b"),
        (casts.words, "'^/a' '^/b'", "^/a ^/b"),
        (casts.words, '"^/a", "^/b"', "^/a ^/b"),
        (casts.words, '["^/a", "^/b"]', "^/a ^/b"),
        (casts.levels, '{"analytics": "read"}', "analytics:read"),
        (casts.levels, '"analytics:read,apis:write"', "analytics:read,apis:write"),
        (casts.text, '"analytics-"', "analytics-"),
        (casts.hosts, "https://weir.example.com/", "weir.example.com"),
        (casts.hosts, "weir:8000,[::1]:8000,*", "weir,[::1],*"),
        (casts.hosts, "::1", "[::1]"),
        (casts.origins, "https://weir.example.com/,http://a:1/b", "https://weir.example.com,http://a:1"),
        (casts.text, "'analytics-'", "analytics-"),
    ],
)
def test_it_says_how_another_notation_is_written_here(cast: Cast[Any], text: str, meant: str) -> None:
    with pytest.raises(OtherNotation) as refused:
        cast.parse(text)
    assert refused.value.meant == meant


#: A text may begin and end with brackets.
QUOTED = [
    (variable, quoted)
    for variable in VARIABLES
    for quoted in ('"{}"', "'{}'", '["{}"]')
    if variable.cast is not casts.text or not quoted.startswith("[")
]


@pytest.mark.parametrize(("variable", "quoted"), QUOTED, ids=[f"{one.name} {quoted}" for one, quoted in QUOTED])
def test_no_variable_takes_quotes_for_a_part_of_its_value(variable: Variable[Any], quoted: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        variable.cast.parse(quoted.format((variable.fallback or variable).default or "x"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://me:p%40ss@db:5433/weir", {"USER": "me", "PASSWORD": "p@ss", "HOST": "db", "PORT": "5433"}),
        ("postgres://me@[::1]/weir", {"HOST": "::1"}),
        ("postgresql://postgres@/weir?host=/path/to/sockets", {"USER": "postgres", "HOST": "/path/to/sockets"}),
        ("postgresql://me@%2Frun%2Fpg/weir", {"HOST": "/run/pg"}),
        ("postgresql://db/weir?sslmode=require", {"HOST": "db", "OPTIONS": {"sslmode": "require"}}),
    ],
)
def test_it_reads_a_database_url(url: str, expected: dict[str, Any]) -> None:
    settings = database_settings(url)
    assert settings["NAME"] == "weir"
    assert {name: settings[name] for name in expected} == expected


def test_it_keeps_a_password_out_of_its_refusals() -> None:
    with pytest.raises(ValueError, match="not a URL that PostgreSQL understands") as caught:
        database_settings("postgresql://me:pass%zz@db/weir")
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix://me:pw@/run/redis.sock?db=1", "redis+socket://me:pw@/run/redis.sock?virtual_host=1"),
    ],
)
def test_it_spells_a_redis_url_for_celery(url: str, expected: str) -> None:
    assert broker_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("console:", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        ("file:///var/mail%20out", {"EMAIL_FILE_PATH": "/var/mail out"}),
        ("smtp://mail.example.com", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
        ("smtp+tls://me:p%40ss@host", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"}),
        ("smtps://host:2465", {"EMAIL_PORT": 2465, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}),
    ],
)
def test_it_reads_the_url_of_a_mail_server(url: str, expected: dict[str, Any]) -> None:
    settings = email_settings(url)
    assert {name: settings[name] for name in expected} == expected


@pytest.mark.parametrize("url", ["", "smtp:", "smtp://", "file:", "https://mail.example.com", "mail.example.com"])
def test_it_refuses_what_names_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="no mail server"):
        email_settings(url)
