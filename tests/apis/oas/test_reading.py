"""Documents as they come: JSON and YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apps.apis.oas.reading import UnreadableDocument, is_yaml, read_document, write_yaml


def fault(content: str | bytes) -> str:
    with pytest.raises(UnreadableDocument) as caught:
        read_document(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    assert caught.value.status == 400
    return caught.value.message


def value(text: str) -> Any:
    return read_document(f"value: {text}".encode())["value"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("~", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("2026-01-02", "2026-01-02"),
        ("12:30:45", "12:30:45"),
        ("12", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("[1, {a: b}]", [1, {"a": "b"}]),
        ("|\n  a\n  b", "a\nb"),
    ],
)
def test_plain_texts_are_read_as_gateways_read_them(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_names_are_texts_as_they_are_written() -> None:
    assert read_document(b"responses:\n  200: fine\n  '404': gone\n  on: x\n") == {
        "responses": {"200": "fine", "404": "gone", "on": "x"}
    }


def test_aliases_and_merges_are_written_out() -> None:
    found = read_document(b"a: &a {x: 1, y: [2]}\nb: *a\nc:\n  <<: *a\n  x: 3\nd: {<<: [{x: 5}, *a]}\n")
    assert found == {
        "a": {"x": 1, "y": [2]},
        "b": {"x": 1, "y": [2]},
        "c": {"x": 3, "y": [2]},
        "d": {"x": 5, "y": [2]},
    }
    assert found["a"] is not found["b"]


def test_members_stay_in_their_order() -> None:
    assert list(read_document(b'{"b": 1, "a": 2}')) == ["b", "a"]
    assert list(read_document(b"b: 1\na: 2")) == ["b", "a"]


def test_a_byte_order_mark_is_no_matter() -> None:
    assert read_document(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it must be an object"),
        ("just words", "it must be an object"),
        ("[1]", "it must be an object"),
        ("- 1", "it must be an object"),
        (b"\xff\xfe{", "byte 1 is no UTF-8"),
        ('{"a": 1', "line 1 column 8"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": [-Infinity]}', "-Infinity is no number"),
        ('{"a": [1e999]}', "a.0: it is no finite number"),
        ('{"a": 1%s}' % ("0" * 5000), "integer string conversion"),
        ('{"p": {"a": 1, "b": 2, "a": 3}}', "p.a stands twice in one object"),
        ('{"p": ["\\u0000"]}', "p.0: it has NUL"),
        ('{"p": {"a\\ud800": 1}}', "p.'a\\ud800': the name has NUL or half of a surrogate pair"),
        ('{"p": "\\udfff"}', "p: it has NUL or half of a surrogate pair"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested deeper than 100"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "nested deeper than 100"),
        ('{"a": ' + "[" * 100_000, "nested deeper than 100"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: a stands twice in one object"),
        ("a:\n\t- 1", "line 2, column 1"),
        ("a: !!python/object:os.system x", "python/object:os.system is nothing that JSON has"),
        ("a: !!binary aGk=", "binary is nothing that JSON has"),
        ("a: .inf", "line 1, column 4: .inf is no number"),
        ("a: &a [*a]", "nothing is called &a before this"),
        ("a: *b", "nothing is called &b"),
        ("? [a]\n: b", "the name of a member must be a text"),
        ("a: {<<: 5}", "<< takes an object"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins here"),
        ("a: " + "9" * 5000, "a number is too long"),
        ("a: " + "[" * 100_000, "nested deeper than 100"),
        ('a: "\\0"', "a: it has NUL"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(content: str | bytes, says: str) -> None:
    assert says in fault(content)


def test_aliases_do_not_explode() -> None:
    doubled = "\n".join(f"a{step}: &a{step} [*a{step - 1}, *a{step - 1}]" for step in range(1, 90))
    assert "its aliases make more than" in fault(f"a0: &a0 [x, x]\n{doubled}")
    assert "its aliases make more than" in fault(f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/x-yaml", True),
        ("application/X-YAML; charset=utf-8", True),
        ("text/yaml", True),
        ("application/json", False),
        ("", False),
    ],
)
def test_content_types(content_type: str, expected: bool) -> None:
    assert is_yaml(content_type) is expected


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=4,
)


@given(DOCUMENTS)
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    assert read_document(json.dumps(document).encode()) == document
    assert read_document(write_yaml(document).encode()) == document
    assert yaml.safe_load(write_yaml(document)) == document
