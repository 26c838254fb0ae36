"""The JSON schemas of documents over REST."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema_rs
import pytest
from rest_framework.test import APIClient

from apps.users.models import User
from tests.apis.oas.documents import document, plain
from tests.apis.oas.test_rest import refusal

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/schemas/apidefs"


@pytest.mark.parametrize("path", ["/api/schema", f"{URL}/oas", f"{URL}/streams-oas"])
@pytest.mark.parametrize("version", ["", "3.0", "3.0.3", "3.1"])
def test_a_schema_says_what_a_document_is(rest: Rest, alice: User, path: str, version: str) -> None:
    answer = rest(alice).get(f"{path}?oasVersion={version}" if version else path).json()
    assert (answer["status"], answer["message"]) == ("Success", "")
    validator = jsonschema_rs.validator_for(answer["schema"])
    whole = {**document(), "openapi": "3.1.0" if version == "3.1" else "3.0.3"}
    assert validator.is_valid(whole) is ("streams" not in path)
    assert validator.is_valid({**whole, "x-tyk-streaming": {"streams": {}}})
    assert not validator.is_valid({**plain(), "openapi": whole["openapi"]})
    whole["x-tyk-api-gateway"]["info"]["state"]["active"] = "yes"
    assert not validator.is_valid(whole)


def test_all_of_them_at_once(rest: Rest, alice: User) -> None:
    client = rest(alice)
    answer = client.get(URL).json()
    assert answer == {
        "status": "Success",
        "message": "",
        "schemas": {
            "oas": client.get(f"{URL}/oas").json()["schema"],
            "streamsOAS": client.get(f"{URL}/streams-oas").json()["schema"],
        },
    }


def test_that_of_mcp_stands_alone_and_may_be_written_in_lines(rest: Rest, alice: User) -> None:
    client = rest(alice)
    assert "properties" in client.get(f"{URL}/mcp?mcpVersion=3.1").json()
    assert b"\n" not in client.get(f"{URL}/mcp").content
    assert client.get(f"{URL}/mcp?pretty=true").content.startswith(b"{\n  ")


@pytest.mark.parametrize("path", ["/api/schema?oasVersion=2.0", f"{URL}?oasVersion=x", f"{URL}/mcp?mcpVersion=4"])
def test_a_version_that_is_none(rest: Rest, alice: User, path: str) -> None:
    assert refusal(rest(alice).get(path)) == (500, "Could not retrieve schema. schema not found for version")
