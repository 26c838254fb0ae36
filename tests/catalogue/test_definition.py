"""The definition as text: saved as it is written, and refused with the line that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.apis.models import Api
from apps.apis.services import change_api, create_api
from apps.catalogue.source import JSON, YAML, line_of, text_of
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.catalogue.shop import make_api
from tests.catalogue.test_api import DOCUMENT
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]


@pytest.fixture(params=["classic", "oas"])
def api(request: pytest.FixtureRequest, organisation_a: Organisation) -> Api:
    """An API, kept in either way."""
    if request.param == "classic":
        made = make_api(organisation_a, "Orders #core", "/orders/", unknown={"kept": [1]})
    else:
        extension = {**DOCUMENT["x-tyk-api-gateway"], "upstream": {"url": "http://orders.internal/"}}
        document = {**DOCUMENT, "x-tyk-api-gateway": extension}
        made = create_api(Api(organisation=organisation_a, kind=Api.Kind.OAS, document=document))
    return Api.objects.select_related("organisation").get(pk=made.pk)


def sent(client: Client, api: Api, text: str, **more: Any) -> Any:
    """Send a text as the editor does."""
    return client.post(f"/apis/{api.pk}/definition/", {"text": text, "revision": api.etag, "format": JSON, **more})


@pytest.mark.parametrize("language", [JSON, YAML])
def test_saving_what_is_shown_changes_nothing(browser_of: BrowserOf, alice: User, api: Api, language: str) -> None:
    text = browser_of(alice).get(f"/apis/{api.pk}/definition/?format={language}").context["text"]
    assert sent(browser_of(alice), api, text.replace("\n", "\r\n"), format=language).status_code == 302
    stored = Api.objects.get(pk=api.pk)
    assert (stored.definition, stored.document, stored.etag) == (api.definition, api.document, api.etag)


@pytest.mark.parametrize("language", [JSON, YAML])
def test_what_is_written_is_kept(browser_of: BrowserOf, alice: User, api: Api, language: str) -> None:
    text = text_of(api, language).replace("orders.internal", "sales.internal")
    assert sent(browser_of(alice), api, text, format=language).headers["Location"].endswith(f"?format={language}")
    stored = Api.objects.select_related("organisation").get(pk=api.pk)
    assert "sales.internal" in stored.target_url
    assert text_of(stored, language) == text


def test_what_cannot_be_read_is_told_with_its_line(browser_of: BrowserOf, alice: User, api: Api) -> None:
    for language, text, line in (
        (JSON, '{\n "name": "x",\n "proxy" {}\n}', 3),
        (YAML, "name: x\nproxy: [1\nmore: 2\n", 3),
    ):
        response = sent(browser_of(alice), api, text, format=language)
        assert (response.status_code, response.context["line"], response.context["text"]) == (200, line, text)
        assert f"Line {line}" in response.content.decode()
    assert Api.objects.get(pk=api.pk).etag == api.etag


@pytest.mark.parametrize("api", ["oas"], indirect=True)
def test_what_is_not_valid_is_told_with_its_line(browser_of: BrowserOf, alice: User, api: Api) -> None:
    document = json.loads(text_of(api, JSON))
    del document["paths"]["/orders/{id}"]["get"]["responses"]
    text = json.dumps(document, indent=2)
    response = sent(browser_of(alice), api, text)
    assert response.context["problem"].startswith("paths./orders/{id}.get: ")
    wrong = text.splitlines()[response.context["line"] - 1 :][:2]
    assert [line.strip() for line in wrong] == ['"get": {', '"operationId": "getOrder"']


def test_ids_stay(browser_of: BrowserOf, alice: User, api: Api) -> None:
    response = sent(browser_of(alice), api, text_of(api, JSON).replace(api.api_id, "another"))
    assert f"it stays {api.api_id}" in response.content.decode()
    assert response.context["line"]
    assert Api.objects.get(pk=api.pk).api_id == api.api_id


def test_two_writers_are_told_of_each_other(browser_of: BrowserOf, alice: User, api: Api) -> None:
    change_api(Api.objects.get(pk=api.pk), {"sort_by": 7})
    text = text_of(api, JSON).replace("orders.internal", "sales.internal")
    response = sent(browser_of(alice), api, text)
    assert "save once more" in response.context["problem"]
    assert response.context["text"] == text
    assert "sales" not in Api.objects.get(pk=api.pk).target_url
    again = sent(browser_of(alice), api, text, revision=response.context["begun"])
    assert again.status_code == 302
    assert "sales" in Api.objects.get(pk=api.pk).target_url


def test_who_may_not_write_reads_it(browser_of: BrowserOf, organisation_a: Organisation, api: Api) -> None:
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    content = browser_of(reader).get(f"/apis/{api.pk}/definition/").content.decode()
    assert "readonly" in content
    assert "Save</button>" not in content
    assert sent(browser_of(reader), api, "{}").status_code == 403


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("a.b.c: wrong", 3),
        ("a.b.c.1: wrong", 5),
        ("a.x: wrong", 1),
        ("dotted.name: wrong", 6),
        ("Couldn't read body: a.b stands twice in one object", 2),
        ("nowhere: wrong", None),
        ("wrong", None),
    ],
)
def test_a_place_has_a_line(message: str, line: int | None) -> None:
    text = "a:\n  b:\n    c:\n      - 1\n      - 2\ndotted.name: 1\n"
    assert line_of(text, message) == line
