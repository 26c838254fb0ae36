"""What the processes of Weir are given."""

from __future__ import annotations

import pytest

from launching import environment, servers
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
        "PORT": "1",
    }

    environ = complete(places, given)

    assert given.items() <= environ.items()
    assert environ.keys() - given.keys() == {"NODE_SECRET", "ANALYTICS_RAW_DAYS", "ENABLE_OWNERSHIP"}
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
