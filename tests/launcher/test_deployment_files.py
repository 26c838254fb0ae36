"""Procfile, Dockerfile and docker-compose.yml against each other and against what Weir understands."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
import yaml

from apps.demo.traffic import ORGANISATION
from config import env
from config.celery import app
from launching.checking import PRODUCTION
from launching.environment import SECRETS
from launching.places import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VARIABLES = {name for section in env.SECTIONS for name in section}


def shell(command: str) -> str:
    """What a shell is given in the end, of the ways in which the three files spell it."""
    words = shlex.split(command.replace("$$", "$"))
    return (words[2] if words[:2] == ["sh", "-c"] else " ".join(words)).removeprefix("exec ")


@pytest.mark.parametrize("name", PROCFILE)
def test_compose_runs_the_processes_of_the_procfile(name: str) -> None:
    assert shell(COMPOSE["services"][name]["command"]) == PROCFILE[name]


def test_the_image_runs_the_web_process_by_itself() -> None:
    command = json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0])

    assert shell(shlex.join(command)) == PROCFILE["web"]


@pytest.mark.parametrize("name", PROCFILE)
def test_compose_sets_only_variables_that_weir_understands(name: str) -> None:
    assert COMPOSE["services"][name]["environment"].keys() <= VARIABLES


def test_the_launcher_and_the_checks_set_only_variables_that_weir_understands() -> None:
    assert {*SECRETS, *PRODUCTION, "DATABASE_URL", "REDIS_URL", "DEMO_TRAFFIC"} <= VARIABLES


def test_somebody_works_on_every_queue() -> None:
    routed = {route["queue"] for route in app.conf.task_routes.values()} | {app.conf.task_default_queue}
    scheduled = {entry.get("options", {}).get("queue") for entry in app.conf.beat_schedule.values()} - {None}

    assert set(re.findall(r"--queues (\w+)", "\n".join(PROCFILE.values()))) == routed | scheduled


def test_the_gateway_writes_where_weir_reads() -> None:
    gateway = COMPOSE["services"]["gateway"]["environment"]
    url = COMPOSE["services"]["pump"]["environment"]["GATEWAY_REDIS_URL"]

    storage = {part: gateway[f"TYK_GW_STORAGE_{part}"] for part in ("HOST", "PORT", "DATABASE")}
    assert url == "redis://{HOST}:{PORT}/{DATABASE}".format(**storage)
    assert gateway["TYK_GW_NODESECRET"] == COMPOSE["services"]["web"]["environment"]["NODE_SECRET"]


def test_the_gateway_has_an_api_of_the_demo_organisation() -> None:
    text = COMPOSE["configs"]["echo-api"]["content"]
    api = json.loads(re.sub(r"\$\{ORGANISATION_ID:-(\w+)\}", r"\1", text))

    assert api["org_id"] == ORGANISATION
    assert api["proxy"]["target_url"] == "http://echo:8080/"
    assert "echo" in COMPOSE["services"]


def test_no_secret_has_a_value_in_the_file() -> None:
    secrets = {name for section in env.SECTIONS for name, variable in section.items() if variable.secret} - {
        "DATABASE_URL",
        "REDIS_URL",
    }
    given = COMPOSE["services"]["web"]["environment"]

    for name in secrets & given.keys() - {"GATEWAY_REDIS_URL"}:
        assert given[name] == f"${{{name}:?must be in .env}}"


def test_the_image_has_the_browser_libraries_that_pages_ask_for() -> None:
    copied = re.findall(
        r"^COPY --from=browser-libraries /weir/node_modules/(\S+) static/vendor/(\S+)$", DOCKERFILE, re.M
    )

    assert dict(copied) == json.loads((ROOT / "package.json").read_text())["vendor"]


def test_the_image_is_made_of_files_that_are_there_and_that_it_may_see() -> None:
    visible = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in visible, source


def test_ci_runs_what_the_readme_names() -> None:
    assert "exec bin/check" in (ROOT / ".ci" / "run").read_text()
    assert "```\nbin/check\n```" in (ROOT / "README.md").read_text()
