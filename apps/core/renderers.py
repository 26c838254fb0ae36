"""How REST answers are written: as JSON, in UTF-8, whatever a caller accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from apps.core.requests import made_storable


class UTF8JSONRenderer(JSONRenderer):
    """Names the character set, as existing clients are used to."""

    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        """Write it; where somebody once stored what JSON has no words for, a list must be read all the same."""
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except ValueError:  # a number that is none, or half of a surrogate pair
            return super().render(made_storable(data), accepted_media_type, renderer_context)


class LenientNegotiation(DefaultContentNegotiation):
    """Lets ``Accept`` and ``Content-Type`` choose where there is a choice, and refuses nobody by them.

    A view has one form for most of what it says. One that has several names the usual one first.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Give the parser for the content type, or the usual one."""
        return super().select_parser(request, parsers) or next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, Any]:
        """Give the renderer that is accepted, or the usual one, with its media type."""
        usual = next(iter(renderers))
        try:
            chosen: tuple[BaseRenderer, Any] = super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return usual, usual.media_type
        return chosen
