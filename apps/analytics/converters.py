"""What stands in the paths of pages."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

#: Texts that browsers and proxies leave alone in a path.
_PLAIN = re.compile(r"(?!\.\.?\Z)[\w .:+@-]+")


class TextSegment:
    """Any text as one segment of a path: a gateway's records may hold what no path can, as a line break or ``..``.

    Such a text is ``~`` and its base64. The empty one is no segment.
    """

    regex = "[^/]+"

    def to_python(self, segment: str) -> str:
        """Read a segment; ValueError, which is no match, when it stands for no text that could be looked for."""
        text = _decoded(segment[1:]) if segment.startswith("~") else segment
        if "\0" in text:
            raise ValueError("NUL is in no stored text")
        return text

    def to_url(self, text: str) -> str:
        """Write a text as a segment."""
        return text if _PLAIN.fullmatch(text) else f"~{urlsafe_b64encode(text.encode()).decode()}"


def _decoded(text: str) -> str:
    return urlsafe_b64decode(text.encode()).decode()
