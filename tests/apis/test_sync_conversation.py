"""The recorded conversation of a sync tool with a dashboard, request by request, by a client that is strict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.models import Api
from apps.core.ids import is_object_id
from apps.keys.models import Policy
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import OrganisationFactory, UserFactory
from tests.keys.bodies import SECRET, operator

pytestmark = pytest.mark.django_db

CONVERSATION = Path(__file__).parent.parent / "data" / "captures" / "sync-client" / "conversation.jsonl"
ORGANISATION = "5e9d9544a1dcd60001d0ed20"
#: Lists → where their rows stand, and where these have their ids.
LISTS = {
    "/api/users": ("users", "id"),
    "/api/apis": ("apis", "api_id"),
    "/api/portal/policies": ("Data", "_id"),
    "/api/assets": ("", "_id"),
}
#: What the other dashboard wrote into what it keeps, and the time of the last change.
NOT_OURS = {"last_updated", "api_model", "access_key", "email_address"}


def spoken() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CONVERSATION.read_text().splitlines()]


def sessions() -> Iterator[list[dict[str, Any]]]:
    """The requests of each call of the tool."""
    requests: list[dict[str, Any]] = []
    for one in spoken():
        if "method" in one:
            requests.append(one)
        elif requests:
            yield requests
            requests = []


class StrictClient:
    """Sends what was recorded, and takes no other answers than a program in Go can read."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        #: Internal id in the recording → the one that Weir made.
        self.ids: dict[str, str] = {}

    def replay(self, recorded: dict[str, Any]) -> None:
        """Send a request, and compare the answer with the recorded one."""
        body = None if recorded["body"] is None else self.here(recorded["body"])
        path = self.here(recorded["path"])
        answer = self.client.generic(
            recorded["method"], path, "" if body is None else json.dumps(body), content_type="application/json"
        )
        said = f"{recorded['method']} {path}: {answer.content[:500]!r}"
        assert answer.status_code == recorded["answer_status"], said
        if recorded["method"] == "GET":
            self.read(recorded["path"].partition("?")[0], answer.json(), recorded["answer"])
        else:
            self.written(answer.json(), recorded["answer"], said)

    def here(self, recorded: Any) -> Any:
        """Write Weir's ids instead of the recorded ones."""
        text = json.dumps(recorded)
        for theirs, ours in self.ids.items():
            text = text.replace(theirs, ours)
        return json.loads(text)

    def written(self, answer: dict[str, Any], recorded: dict[str, Any], said: str) -> None:
        """Compare the answer to a write, and remember which id is which."""
        assert answer["Meta"] is None or isinstance(answer["Meta"], str), said
        assert (answer["Status"], answer.get("ID")) == (recorded["Status"], recorded.get("ID")), said
        if is_object_id(recorded["Message"]):  # that of a policy
            assert is_object_id(answer["Message"]), said
            self.ids[recorded["Message"]] = answer["Message"]
        else:
            assert answer["Message"] == recorded["Message"], said
        if answer["Meta"] is not None:
            assert is_object_id(answer["Meta"]), said
            if recorded["Meta"]:
                self.ids[recorded["Meta"]] = answer["Meta"]

    def read(self, path: str, answer: Any, recorded: Any) -> None:
        """Compare what is kept: all that was recorded is there, whatever else Weir tells."""
        if path not in LISTS:
            assert kept(answer, self.here(recorded)) == kept(self.here(recorded)), path
            return
        member, key = LISTS[path]
        ours, theirs = (rows(body, member, key) for body in (answer, self.here(recorded)))
        if path == "/api/users":  # ids of people differ
            assert all(map(is_object_id, ours))
            assert [row["org_id"] for row in ours.values()] == [ORGANISATION]
            return
        assert ours.keys() == theirs.keys(), path
        for name, row in theirs.items():
            assert kept(ours[name], row) == kept(row), f"{path} {name}"


def rows(answer: Any, member: str, key: str) -> dict[str, Any]:
    """Give the rows of a list by their ids."""
    listed = answer[member] if member else answer
    return {(row.get("api_definition") or row)[key]: row for row in listed}


def kept(row: Any, like: Any = None) -> Any:
    """Give of a document the members that another one has, but for what is not ours to keep."""
    like = row if like is None else like
    if not isinstance(row, dict) or not isinstance(like, dict):
        return row
    if like.get("oas"):  # its definition is made of the document
        ids = {name: like["api_definition"][name] for name in ("id", "api_id", "org_id", "name", "is_oas")}
        like = {**like, "api_definition": ids}
    not_ours = NOT_OURS if like.get("oas") else {*NOT_OURS, "oas"}  # null and nothing are the same to Go
    return {name: kept(value, like[name]) for name, value in row.items() if name in like and name not in not_ours}


@pytest.fixture
def client(rest: Callable[..., APIClient], settings: Settings) -> APIClient:
    """An administrator of the organisation of the recording, which is empty."""
    settings.ADMIN_SECRET = SECRET
    organisation: Organisation = OrganisationFactory(id=ORGANISATION)
    user: User = UserFactory(organisation=organisation)
    return rest(user)


def test_it_is_answered_as_recorded(client: APIClient) -> None:
    first, *others = sessions()
    fill(client, {one["path"]: one["answer"] for one in first})
    for recorded in first:
        StrictClient(client).replay(recorded)
    for model in (Api, Policy, ApiTemplate):
        model.objects.all().delete()
    strict = StrictClient(client)
    for recorded in [one for session in others for one in session]:
        strict.replay(recorded)
    assert sum(map(len, (first, *others))) == 54


def fill(client: APIClient, lists: dict[str, Any]) -> None:
    """Make what the recorded lists give."""
    for path, what in (("apis", "/api/apis?p=-2"), ("policies", "/api/portal/policies?p=-2")):
        answer = operator().post(f"/admin/{path}/import", lists[what], format="json")
        assert all(answer.json()["Meta"].values()), answer.content
    for asset in lists["/api/assets"]:
        assert client.post("/api/assets", asset, format="json").status_code == 201
