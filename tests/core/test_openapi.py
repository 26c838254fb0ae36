"""The generated description of REST."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.django_db


def test_it_is_served_as_json_and_yaml() -> None:
    document = Client().get("/openapi.json").json()
    assert document["info"]["title"] == "Weir REST"
    assert Client().get("/openapi.yaml").content.startswith(b"openapi:")


@pytest.mark.urls("tests.core.routes")
def test_it_describes_lists_paging_and_ways_in() -> None:
    document = Client().get("/openapi.json").json()
    listing = document["paths"]["/api/people"]["get"]
    assert [parameter["name"] for parameter in listing["parameters"]] == ["p"]
    assert {"accessKey"} in [set(way) for way in listing["security"]]
    shape = listing["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][shape]["properties"]) == {"people", "pages"}
    assert document["components"]["securitySchemes"]["adminSecret"]["name"] == "admin-auth"


def test_its_page_needs_nothing_from_elsewhere() -> None:
    page = Client().get("/openapi/").content.decode()
    urls = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert urls
    for url in urls:
        assert url.startswith("/static/"), url
        found = finders.find(url.removeprefix("/static/"))
        assert found
        assert Path(found).stat().st_size


def test_a_caller_who_accepts_yaml_or_json_of_openapi_gets_it() -> None:
    for name in ("yaml", "json"):
        answer = Client().get(f"/openapi.{name}", headers={"Accept": f"application/{name}"})
        assert answer["Content-Type"].startswith(f"application/{name}")
