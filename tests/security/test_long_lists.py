"""A list without pages is never held whole, however large its items are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.http import StreamingHttpResponse
from rest_framework.response import Response

from apps.core.pagination import MOST_AT_ONCE, MOST_CHARACTERS_AT_ONCE, everything


@pytest.mark.parametrize(
    ("size", "most"), [(MOST_CHARACTERS_AT_ONCE // 10, 10), (MOST_CHARACTERS_AT_ONCE * 2, 1), (10, MOST_AT_ONCE)]
)
def test_items_are_read_as_long_as_they_are_few_and_small(size: int, most: int) -> None:
    read = 0

    def items() -> Iterator[dict[str, str]]:
        nonlocal read
        for _ in range(MOST_AT_ONCE + 50):
            read += 1
            yield {"text": "x" * size}

    answer = everything("data", items())
    assert isinstance(answer, StreamingHttpResponse)
    assert read == most
    next(iter(answer.streaming_content))
    assert read <= MOST_AT_ONCE


@pytest.mark.parametrize(("count", "is_streamed"), [(0, False), (3, False), (12, True), (2_000, True)])
def test_all_are_answered_in_their_order(monkeypatch: pytest.MonkeyPatch, count: int, is_streamed: bool) -> None:
    monkeypatch.setattr("apps.core.pagination.MOST_CHARACTERS_AT_ONCE", 100)
    sent = [{"number": number, "text": 'é"'} for number in range(count)]
    answer = everything("data", iter(sent))
    assert isinstance(answer, StreamingHttpResponse) == is_streamed
    found = answer.data if isinstance(answer, Response) else json.loads(b"".join(answer.streaming_content))  # type: ignore[arg-type]
    assert found == {"data": sent, "pages": 1}
