"""References in a document."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.oas.reading import InvalidDocument
from apps.apis.oas.references import check_references


def schemas(**given: Any) -> dict[str, Any]:
    return {"components": {"schemas": given}}


def to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    "document",
    [
        schemas(A={"properties": {"child": to("A")}}),
        schemas(A=to("B"), B={"type": "object"}, C=to("A")),
        schemas(A={"properties": {"$ref": {"type": "string"}}}),
        schemas(A={"example": {"$ref": "http://x.example"}}),
        schemas(A={"default": {"$ref": "nowhere"}, "enum": [{"$ref": "nowhere"}]}),
        schemas(A={"x-mine": {"$ref": "nowhere"}}),
        {"paths": {"/a~b": {"get": {}}}, "x": {"$ref": "#/paths/~1a~0b/get"}},
        {"servers": [{}], "x": {"$ref": "#/servers/0"}},
    ],
)
def test_references_that_lead_somewhere(document: dict[str, Any]) -> None:
    check_references(document)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (schemas(A=to("A")), "components.schemas.A.$ref: #/components/schemas/A leads in a circle"),
        (schemas(A=to("B"), B=to("A")), "leads in a circle"),
        (schemas(A=to("C")), "components.schemas.A.$ref: #/components/schemas/C leads nowhere"),
        (schemas(A={"$ref": "#there"}), "leads nowhere"),
        (schemas(A={"$ref": "#/components/schemas/A/type/x"}, B={}), "leads nowhere"),
        (schemas(A={"$ref": "http://169.254.169.254/x"}), "stands outside of the document"),
        (schemas(A={"$ref": "file:///etc/passwd"}), "stands outside of the document"),
        (schemas(A={"$ref": "other.yaml#/A"}), "components.schemas.A.$ref: other.yaml#/A stands outside"),
        (schemas(example={"$ref": "#/nowhere"}), "components.schemas.example.$ref"),
        ({"responses": {"default": {"$ref": "#/nowhere"}}}, "responses.default.$ref"),
        (schemas(A={"properties": {"default": {"$ref": "#/nowhere"}}}), "properties.default.$ref"),
        (schemas(A={"properties": {"properties": {"$ref": "#/nowhere"}}}), "properties.properties.$ref"),
    ],
)
def test_references_that_do_not(document: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        check_references(document)
    assert says in caught.value.message


def test_a_long_chain_is_followed_once() -> None:
    chain = {f"S{step}": to(f"S{step + 1}") for step in range(20_000)}
    check_references(schemas(**chain, S20000={"type": "string"}))
