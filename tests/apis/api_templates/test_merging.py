"""What becomes of a template and a document."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.apis.api_templates.merging import merged, template_of
from apps.apis.oas.extension import EXTENSION

#: Few names, so that both sides often have the same; ``$ref`` makes an object one thing.
names = st.sampled_from(["a", "b", "c", "paths", "$ref"])
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(names.filter(lambda name: name != "$ref"), values, max_size=4)


def is_map(value: Any) -> bool:
    return isinstance(value, dict) and "$ref" not in value


@given(documents, documents)
def test_nothing_that_the_document_says_is_lost_and_neither_is_changed(template: Any, document: Any) -> None:
    before = deepcopy((template, document))
    result = merged(template, document)
    assert (template, document) == before
    assert result.keys() == template.keys() | document.keys()
    for name, value in document.items():
        if is_map(value) and is_map(template.get(name)):
            assert result[name] == merged(template[name], value)
        else:
            assert result[name] == value


@given(documents, documents)
def test_what_only_the_template_has_is_in_it(template: Any, document: Any) -> None:
    result = merged(template, document)
    assert {name: result[name] for name in template.keys() - document.keys()} == {
        name: template[name] for name in template.keys() - document.keys()
    }
    assert list(result)[: len(template)] == list(template)


@given(documents)
def test_an_empty_side_changes_nothing_and_twice_is_once(document: Any) -> None:
    assert merged({}, document) == merged(document, {}) == merged(document, document) == document


@given(documents, documents)
def test_a_template_that_was_applied_adds_nothing_more(template: Any, document: Any) -> None:
    once = merged(template, document)
    assert merged(template, once) == once


def test_maps_are_merged_lists_replaced_and_the_document_wins() -> None:
    template = {
        "info": {"title": "", "version": ""},
        "servers": [{"url": "https://template.example"}],
        "tags": [{"name": "house"}],
        "paths": {"/health": {"get": {"responses": {"200": {"description": "well"}}}}},
        "components": {"schemas": {"Error": {"type": "object"}, "Id": {"type": "string"}}},
        EXTENSION: {"middleware": {"global": {"trafficLogs": {"enabled": True}, "cache": {"enabled": True}}}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Menu", "version": "1"},
        "servers": [{"url": "https://menu.example"}],
        "paths": {"/menu": {"get": {"responses": {"200": {"description": "the menu"}}}}},
        "components": {"schemas": {"Id": {"$ref": "#/components/schemas/Error"}}},
        EXTENSION: {"info": {"name": "Menu"}, "middleware": {"global": {"cache": {"enabled": False}}}},
    }
    assert merged(template, document) == {
        "openapi": "3.0.3",
        "info": {"title": "Menu", "version": "1"},
        "servers": [{"url": "https://menu.example"}],
        "tags": [{"name": "house"}],
        "paths": {**template["paths"], **document["paths"]},  # type: ignore[dict-item]
        "components": {"schemas": {"Error": {"type": "object"}, "Id": {"$ref": "#/components/schemas/Error"}}},
        EXTENSION: {
            "info": {"name": "Menu"},
            "middleware": {"global": {"trafficLogs": {"enabled": True}, "cache": {"enabled": False}}},
        },
    }


def test_an_api_gives_a_template_without_what_only_one_api_has() -> None:
    info = {"id": "orders", "dbId": "5" * 24, "orgId": "6" * 24, "name": "Orders", "versioning": {"name": "v1"}}
    server = {"listenPath": {"value": "/orders/"}, "authentication": {"enabled": True}}
    document = {"openapi": "3.0.3", EXTENSION: {"info": info, "server": server, "middleware": {"global": {}}}}
    assert template_of(document) == {
        "openapi": "3.0.3",
        EXTENSION: {
            "info": {"name": "Orders"},
            "server": {"authentication": {"enabled": True}},
            "middleware": {"global": {}},
        },
    }
    assert template_of({"openapi": "3.0.3"}) == {"openapi": "3.0.3"}
