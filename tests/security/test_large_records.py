"""No audit record is large, whatever was changed: fields and characters are bounded, and the others are counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.audit.diff import MAX_DIFF, MAX_FIELDS, OTHERS, as_text, diff_of

LARGE: dict[str, Any] = {
    "many members, made": {"definition": {f"m{number}": number for number in range(100_000)}},
    "many members, changed": {"definition": {"x": {f"m{number}": number for number in range(100_000)}}},
    "many values": {"rights": ["x" * 1_000] * 10_000},
    "long names": {"definition": {"x": {"n" * 10_000 + str(number): 1 for number in range(100)}}},
    "many fields": {f"f{number}": "y" * 3_000 for number in range(5_000)},
}


@pytest.mark.parametrize("after", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("before", [{}, {"definition": {"x": {"a": 1}}}], ids=["made", "changed"])
def test_a_record_is_short(before: Any, after: Any) -> None:
    text = as_text({"policy/1": diff_of(before, after)})
    fields = json.loads(text)["policy/1"]
    assert 0 < len(fields) <= MAX_FIELDS + 1
    assert len(text) < 2 * MAX_DIFF


def test_what_is_left_out_is_counted() -> None:
    many = {f"f{number}": number for number in range(500_000)}
    found = json.loads(as_text({"policy/1": diff_of({}, many)}))["policy/1"]
    assert found[OTHERS] == [None, f"and {500_000 - MAX_FIELDS:,} more fields"]
    assert found["f0"] == [None, 0]


def test_many_things_that_are_deleted_at_once_make_one_short_record() -> None:
    text = as_text(
        {f"user/{number}": diff_of({"name": "Ann", "email": "ann@example.com"}, {}) for number in range(5_000)}
    )
    assert len(text) < 2 * MAX_DIFF
    assert "and 9,500 more fields" in text


def test_usual_changes_are_whole() -> None:
    after = {"definition": {"paths": [f"/path/{number}" for number in range(1_000)]}, "name": "Orders"}
    assert json.loads(as_text({"api/1": diff_of({}, after)})) == {"api/1": diff_of({}, after)}
