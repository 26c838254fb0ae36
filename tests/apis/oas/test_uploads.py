"""Documents that come as a file, as a ZIP of parts, or by URL."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.oas import uploads
from apps.core.fetching import FetchRefused
from apps.users.models import User
from tests.apis.oas.documents import ANSWER
from tests.apis.oas.test_import import PATHS, URL, gateway, imported, patched, refusal, sent  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]

PARAMETER = {"name": "page", "in": "query", "schema": {"$ref": "../schemas.yaml#/Page"}}
PARTS = {
    "openapi.yaml": yaml.safe_dump(
        {
            **sent(),
            "paths": {
                "/a": {"$ref": "paths/a.yaml"},
                "/b": {"get": {"parameters": [{"$ref": "parameters/one.yaml"}], "responses": ANSWER}},
                "/c": {"get": {"parameters": [{"$ref": "parameters/two.json#/page"}], "responses": ANSWER}},
            },
            "components": {"schemas": {"Page": {"type": "boolean"}, "Menu": {"$ref": "schemas.yaml#/Menu"}}},
        }
    ),
    "paths/a.yaml": yaml.safe_dump(
        {"get": {"parameters": [{"$ref": "../parameters/one.yaml"}], "responses": ANSWER}}
    ),
    "parameters/one.yaml": yaml.safe_dump(PARAMETER),
    "parameters/two.json": json.dumps({"page": {**PARAMETER, "in": "header"}}),
    "schemas.yaml": yaml.safe_dump(
        {
            "Page": {"type": "integer"},
            "Menu": {
                "type": "object",
                "properties": {
                    "next": {"$ref": "#/Menu"},
                    "main": {"$ref": "openapi.yaml#/components/schemas/Page"},
                },
            },
        }
    ),
}  # fmt: skip


def archive(parts: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, text)
    return written.getvalue()


def upload(client: APIClient, name: str, content: bytes, path: str = "/import") -> Any:
    return client.post(f"{URL}{path}", {"file": SimpleUploadedFile(name, content)}, format="multipart")


@pytest.mark.parametrize("name", ["menu.json", "menu.yaml"])
def test_a_file_is_imported(rest: Rest, alice: User, name: str) -> None:
    content = json.dumps(sent()) if name.endswith("json") else yaml.safe_dump(sent())
    answer = upload(rest(alice), name, content.encode())
    assert answer.status_code == 200, answer.content
    assert Api.objects.get().name == "Menu"


def check_parts(kept: dict[str, Any]) -> None:
    assert "$ref" not in kept["paths"]["/a"]
    first, again, second = (kept["paths"][path]["get"]["parameters"][0]["$ref"] for path in ("/a", "/b", "/c"))
    assert first == again != second
    assert {name: one["in"] for name, one in kept["components"]["parameters"].items()} == {
        first.rpartition("/")[2]: "query",
        second.rpartition("/")[2]: "header",
    }
    schemas = kept["components"]["schemas"]
    page = kept["components"]["parameters"][first.rpartition("/")[2]]["schema"]["$ref"].rpartition("/")[2]
    assert (schemas["Page"], schemas[page]) == ({"type": "boolean"}, {"type": "integer"})
    menu = schemas[schemas["Menu"]["$ref"].rpartition("/")[2]]
    assert menu["properties"]["main"] == {"$ref": "#/components/schemas/Page"}
    assert menu["properties"]["next"] == schemas["Menu"]


@pytest.mark.parametrize("folder", ["", "menu/"])
def test_a_zip_of_parts_becomes_one_document(rest: Rest, alice: User, folder: str) -> None:
    client = rest(alice)
    answer = upload(client, "menu.zip", archive({f"{folder}{name}": text for name, text in PARTS.items()}))
    assert answer.status_code == 200, answer.content
    check_parts(client.get(f"{URL}/{answer.json()['ID']}").json())
    api = answer.json()["ID"]
    again = client.patch(f"{URL}/{api}", {"file": SimpleUploadedFile("menu.zip", archive(PARTS))}, format="multipart")
    assert again.status_code == 200, again.content


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"other.yaml": "a: 1"}, "the ZIP has no openapi.json or openapi.yaml"),
        ({**PARTS, "paths/a.yaml": "a: [b"}, "did not find expected ',' or ']' (in paths/a.yaml)"),
        ({name: text for name, text in PARTS.items() if name != "schemas.yaml"}, "schemas.yaml is not in the ZIP"),
        ({**PARTS, "schemas.yaml": "Other: {}"}, "schemas.yaml has no /Menu"),
        ({**PARTS, "paths/a.yaml": "$ref: http://elsewhere.example/a"}, "parts are fetched only of a document by URL"),
        ({**PARTS, "paths/a.yaml": "$ref: ../../../etc/passwd"}, "etc/passwd is not in the ZIP"),
        ({**PARTS, "paths/a.yaml": "$ref: a.yaml"}, "nested deeper"),
        ({"openapi.yaml": "a: " + "x" * 11_000_000}, "unpacks to more than"),
    ],
)
def test_a_zip_that_cannot_be_read(rest: Rest, alice: User, parts: dict[str, str], says: str) -> None:
    status, message = refusal(upload(rest(alice), "menu.zip", archive(parts)))
    assert (status, says in message) == (400, True), message
    assert not Api.objects.exists()


def test_a_broken_zip_and_a_form_without_file(rest: Rest, alice: User) -> None:
    client = rest(alice)
    assert refusal(upload(client, "menu.zip", archive(PARTS)[:200]))[0] == 400
    answer = client.post(f"{URL}/import", {"other": "text"}, format="multipart")
    assert refusal(answer) == (400, "Couldn't read body: the form has no file")


class Fetched:
    """An answer of another server."""

    def __init__(self, content: str, status: int = 200) -> None:
        self.content, self.status_code = content.encode(), status


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> dict[str, Fetched]:
    """Documents that lie elsewhere: URL → answer."""
    found: dict[str, Fetched] = {}

    def fetch(url: str, **options: Any) -> Fetched:
        if url not in found:
            raise FetchRefused("Weir does not fetch from there.")
        return found[url]

    monkeypatch.setattr(uploads, "fetch", fetch)
    return found


def test_a_document_is_fetched_with_its_parts(rest: Rest, alice: User, remote: dict[str, Fetched]) -> None:
    client = rest(alice)
    remote |= {f"http://docs.example/v1/{name}": Fetched(text) for name, text in PARTS.items()}
    kept = imported(client, {"url": "http://docs.example/v1/openapi.yaml"})
    check_parts(kept)
    remote["http://docs.example/menu.json"] = Fetched(json.dumps(sent()))
    assert list(patched(client, {"url": "http://docs.example/menu.json"})["paths"]) == list(PATHS)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "Could not fetch http://docs.example/a: Weir does not fetch from there"),
        (Fetched("", 404), "Could not fetch http://docs.example/a: it answers 404"),
        (Fetched("<html>"), "Couldn't read body: it must be an object"),
        (Fetched('{"url": "http://docs.example/a"}'), "openapi: must be"),
    ],
)
def test_what_cannot_be_fetched(
    rest: Rest, alice: User, remote: dict[str, Fetched], answer: Fetched | None, says: str
) -> None:
    if answer:
        remote["http://docs.example/a"] = answer
    status, message = refusal(rest(alice).post(f"{URL}/import", {"url": "http://docs.example/a"}))
    assert (status, message[: len(says)]) == (400, says)


def test_the_network_is_not_asked_for_references_of_a_body(rest: Rest, alice: User, remote: dict[str, Fetched]) -> None:
    body = sent(components={"schemas": {"A": {"$ref": "http://docs.example/a"}}})
    remote["http://docs.example/a"] = Fetched("{}")
    status, message = refusal(rest(alice).post(f"{URL}/import", body))
    assert (status, message.partition(":")[0]) == (400, "components.schemas.A.$ref")
