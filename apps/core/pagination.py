"""Pages of REST lists: ``?p=2``; ``p`` of 0 or less asks for everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.requests import is_storable, made_storable


class PagedList(BasePagination):
    """Answers ``{<results_key>: [...], <pages_key>: n}``; ``paged`` makes one with a resource's own keys.

    ``p`` counts from 1, is 1 when it is no number, and ``page_when_absent`` when it is not there. ``pages`` is 1
    when everything is returned. A page past the end is empty.
    """

    results_key = "data"
    pages_key = "pages"
    page_when_absent = 1
    without_pages = "every item"  # what p of 0 or less gives, in words

    def __init__(self) -> None:
        self.pages = 1

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Give the rows of the page asked for."""
        page, size = requested_page(request, self.page_when_absent), settings.PAGE_SIZE
        if page <= 0:
            return list(queryset)
        count = len(queryset) if isinstance(queryset, list) else queryset.count()
        self.pages = max(1, -(-count // size))
        return list(queryset[(page - 1) * size : page * size]) if page <= self.pages else []

    def get_paginated_response(self, data: Any) -> Response:
        """Wrap the rows."""
        return Response({self.results_key: data, self.pages_key: self.pages})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the wrapped rows for the OpenAPI document."""
        properties = {self.results_key: schema, self.pages_key: {"type": "integer", "example": 1}}
        return {"type": "object", "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe ``p`` for the OpenAPI document."""
        unless = "" if self.page_when_absent else ", and so does a call without it"
        text = f"Page, from 1; 0 or less gives {self.without_pages}{unless}."
        return [{"name": "p", "in": "query", "description": text, "schema": {"type": "integer"}}]


#: Items of a list without pages that are sent as one answer, with its length, and characters of their JSON.
MOST_AT_ONCE, MOST_CHARACTERS_AT_ONCE = 1_000, 4_000_000


def everything(key: str, items: Iterator[Any]) -> HttpResponseBase:
    """Answer ``{<key>: [every item], "pages": 1}``: at once when they are few and small, else piece by piece.

    Memory stays flat: no more is held than what is sent at once, or one item.

    What fails after the first items ends the answer in the middle, so that nobody takes it for whole.
    """
    first: list[Any] = []
    room = MOST_CHARACTERS_AT_ONCE
    for item in items:
        first.append(item)
        room -= len(_json(item))
        if len(first) == MOST_AT_ONCE or room < 0:
            return StreamingHttpResponse(_pieces(key, chain(first, items)), content_type="application/json")
    return Response({key: first, "pages": 1})


def _json(item: Any) -> str:
    return json.dumps(item if is_storable(item) else made_storable(item), ensure_ascii=False)


def _pieces(key: str, items: Iterable[Any]) -> Iterator[str]:
    before = f'{{"{key}":['
    for item in items:
        yield before + _json(item)
        before = ","
    yield '],"pages":1}'


def paged(results_key: str, pages_key: str = "pages", *, when_absent: int = 1) -> type[PagedList]:
    """Make the ``pagination_class`` of a resource whose list has these keys; ``when_absent=0`` pages on demand only."""
    members = {"results_key": results_key, "pages_key": pages_key, "page_when_absent": when_absent}
    return type(f"Paged_{results_key}", (PagedList,), members)


def requested_page(request: Request, when_absent: int = 1) -> int:
    """Read ``p``; 1 when it is not a number."""
    try:
        return int(request.query_params.get("p", when_absent))
    except ValueError:
        return 1
