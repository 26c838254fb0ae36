"""Text of strangers as one line: what moves a cursor, ends a line or turns the direction of writing is written out."""

from __future__ import annotations

import re

#: C0 and C1 controls, ends of lines and paragraphs, marks of direction, the byte order mark, halves of characters.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_controls(text: str) -> str:
    r"""Give a text with its control characters as JSON escapes them (``\n``, ``\u001b``), so that JSON stays JSON."""
    return CONTROLS.sub(lambda found: SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
