"""What the processes of Weir are given."""

from __future__ import annotations

import pytest

from config.casts import email_settings
from config.env import SECTIONS
from launching import environment, processes, servers
from launching.places import Places

GIVEN = {"DATABASE_URL": "postgresql://db/weir", "REDIS_URL": "redis://redis/0"}


def complete(places: Places, given: dict[str, str]) -> dict[str, str]:
    return environment.for_running(places, given, servers.wanted(places, given))


def test_it_makes_secrets_once_for_their_owner_only(places: Places) -> None:
    first = complete(places, {})
    second = complete(places, {})

    made = {name: first[name] for name in environment.SECRETS}
    assert made == {name: second[name] for name in environment.SECRETS}
    assert len(set(made.values())) == 3
    assert all(len(secret) == 64 for secret in made.values())
    files = list((places.home / "secrets").iterdir())
    assert {file.name for file in files} == {"secret_key", "admin_secret", "node_secret"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (places.home / "secrets").stat().st_mode & 0o777 == 0o700


def test_it_makes_a_secret_again_whose_file_is_empty(places: Places) -> None:
    complete(places, {})
    (places.home / "secrets" / "secret_key").write_text("")

    assert len(complete(places, {})["SECRET_KEY"]) == 64


def test_it_replaces_nothing_that_is_given(places: Places) -> None:
    given = GIVEN | {
        "SECRET_KEY": "mine",
        "ADMIN_SECRET_FILE": "/run/secrets/admin",
        "DEMO_TRAFFIC": "yes",
        "EMAIL_URL": "smtp://mail",
    }

    environ = complete(places, given)

    assert given.items() <= environ.items()
    assert environ.keys() - given.keys() == {"NODE_SECRET", "ANALYTICS_RAW_DAYS", "ENABLE_OWNERSHIP", "LC_ALL"}
    assert environment.wants_demo_traffic(environ)


@pytest.mark.parametrize(
    ("given", "demo"),
    [
        ({}, True),
        ({"DEMO_TRAFFIC": "false"}, False),
        ({"DATABASE_URL": GIVEN["DATABASE_URL"]}, False),
        ({"REDIS_URL": GIVEN["REDIS_URL"]}, False),
        ({"GATEWAY_REDIS_URL": GIVEN["REDIS_URL"]}, False),
        (GIVEN, False),
    ],
)
def test_it_makes_traffic_up_in_its_own_stores_only(places: Places, given: dict[str, str], demo: bool) -> None:
    assert environment.wants_demo_traffic(complete(places, given)) is demo


def test_it_keeps_all_of_the_history_that_the_demo_makes(places: Places) -> None:
    assert complete(places, {})["ANALYTICS_RAW_DAYS"] == "92"
    assert complete(places, {"ANALYTICS_RAW_DAYS": "5"})["ANALYTICS_RAW_DAYS"] == "5"
    assert "ANALYTICS_RAW_DAYS" not in complete(places, {"DEMO_TRAFFIC": "false"})


def test_ownership_counts_in_the_demo(places: Places) -> None:
    assert complete(places, {})["ENABLE_OWNERSHIP"] == "true"
    assert complete(places, {"ENABLE_OWNERSHIP": "false"})["ENABLE_OWNERSHIP"] == "false"
    assert "ENABLE_OWNERSHIP" not in complete(places, {"DEMO_TRAFFIC": "false"})


def test_it_leads_to_the_embedded_servers(places: Places) -> None:
    environ = complete(places, {})

    assert environ["DATABASE_URL"] == f"postgresql://postgres@/weir?host={places.sockets()}"
    assert environ["REDIS_URL"] == f"unix://{places.sockets()}/valkey.sock?db=0"


SHELL = {
    "PATH": "/bin",
    "PGHOST": "elsewhere",
    "PGOPTIONS": "-c statement_timeout=1",
    "PGSERVICE": "other",
    "LC_ALL": "de_DE",
    "LC_NUMERIC": "de_DE",
    "LANG": "de_DE",
    "DJANGO_SETTINGS_MODULE": "other.settings",
    "PYTHONPATH": "/elsewhere",
    "GUNICORN_CMD_ARGS": "--workers 9",
    "https_proxy": "http://proxy",
    "PORT": "1",
}


def test_nothing_of_the_shell_reaches_the_children(places: Places) -> None:
    assert processes.bare_environment(SHELL) == {"PATH": "/bin", "LC_ALL": "C"}
    assert complete(places, SHELL).keys() == complete(places, {"PATH": "/bin"}).keys()


def test_what_weir_reads_does(places: Places) -> None:
    given = {"PAGE_SIZE": "20", "SECRET_KEY_FILE": "/run/key", "DJANGO_SUPERUSER_PASSWORD": "words", "WEIR_HOME": "/a"}
    assert given.items() <= complete(places, given).items()
    own = {"DATABASE_URL": GIVEN["DATABASE_URL"], "PGSSLROOTCERT": "/run/ca"}
    assert complete(places, own)["PGSSLROOTCERT"] == "/run/ca"


def test_every_variable_that_is_declared_is_known() -> None:
    assert environment.declared_variables() == {name for section in SECTIONS for name in section}


def test_mails_are_for_their_owner_only(places: Places) -> None:
    (places.home / "mails").mkdir(mode=0o755)
    settings = email_settings(complete(places, {})["EMAIL_URL"])
    assert settings["EMAIL_FILE_PATH"] == str(places.home / "mails")
    assert (places.home / "mails").stat().st_mode & 0o777 == 0o700
    assert places.logs.stat().st_mode & 0o777 == 0o700
    assert complete(places, {"EMAIL_URL": "console:"})["EMAIL_URL"] == "console:"


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"DEMO_TRAFFIC": "false"}, "because DEMO_TRAFFIC is false."),
        ({"DEMO_TRAFFIC": "no", **GIVEN}, "because DEMO_TRAFFIC is no."),
        ({"GATEWAY_REDIS_URL": "redis://r/1"}, "because GATEWAY_REDIS_URL leads to servers of yours."),
        (GIVEN, "because DATABASE_URL and REDIS_URL lead to servers of yours."),
    ],
)
def test_it_says_why_there_is_no_demo(given: dict[str, str], cause: str) -> None:
    assert environment.why_no_demo(given) == f"There is no demo organisation, {cause}"
