"""How REST answers are written: as JSON, in UTF-8, whatever a caller accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request


class UTF8JSONRenderer(JSONRenderer):
    """Names the character set, as existing clients are used to."""

    charset = "utf-8"


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
