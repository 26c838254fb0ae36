"""Values that are written as elsewhere (JSON, YAML, a shell, another program) and would be taken to the letter here."""

from __future__ import annotations

import json
import re
from ipaddress import AddressValueError, IPv6Address

QUOTES = "\"'`“”‘’"
_PAIRS = {"[": "]", "(": ")", "{": "}", "<": ">"}
_ADDRESS = re.compile(r"\[([^\[\]]+)\](?::\d+)?")
_BULLET = re.compile(r"[-*]\s+")


class OtherNotation(ValueError):
    """A value in another notation. ``meant`` is how it is written here, and may be a secret."""

    def __init__(self, what: str, meant: str) -> None:
        super().__init__(what)
        self.meant = meant


def unquoted(text: str) -> str:
    """Give a text that does not stand in quotes. Raises ``OtherNotation``."""
    if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
        raise OtherNotation("the quotes would be part of it", text[1:-1].strip())
    return text


def separated_by_commas(text: str, *, with_blanks: bool) -> list[str]:
    """Give the items of a list, which hold blanks or do not. Raises ``OtherNotation``."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    if any(map(_is_enclosed, items)):
        raise OtherNotation("quotes and brackets would be part of its items", ",".join(_bare_items(text)))
    if any(_BULLET.match(item) or "\n" in item for item in items):
        lines = (_BULLET.sub("", line.strip()).strip(" ,") for line in text.splitlines())
        raise OtherNotation("only commas separate its items", ",".join(filter(None, lines)))
    if not with_blanks and any(re.search(r"[\s;|]", item) for item in items):
        raise OtherNotation("only commas separate its items", re.sub(r"[\s;|,]+", ",", text))
    return items


def separated_by_blanks(text: str) -> list[str]:
    """Give the words of a text, which may hold any sign but blanks. Raises ``OtherNotation``."""
    listed = _json_list(text)
    if listed is not None:
        raise OtherNotation("brackets, quotes and commas would be part of it", " ".join(map(str, listed)))
    words = text.split()
    if any(len(part) > 1 and part[0] in QUOTES and part.rstrip(",")[-1:] in QUOTES for part in (text, *words)):
        raise OtherNotation("the quotes would be part of it", " ".join(word.strip(QUOTES + ",") for word in words))
    return words


def _is_enclosed(item: str) -> bool:
    """Whether an item begins or ends with what others write around a text or a list; ``[::1]`` is an address."""
    if item[0] in QUOTES or item[-1] in QUOTES:
        return True
    if item[0] in _PAIRS:
        return not _is_address(item)
    return any(item[-1] == closing and opening not in item for opening, closing in _PAIRS.items())


def _is_address(item: str) -> bool:
    found = _ADDRESS.fullmatch(item)
    try:
        return bool(found and IPv6Address(found[1]))
    except AddressValueError:
        return False


def _bare_items(text: str) -> list[str]:
    """The items that are meant, as far as one can tell."""
    listed = _json_list(text)
    around = f" {QUOTES}" + ("" if listed is not None else "[](){}<>")
    items = text.split(",") if listed is None else map(str, listed)
    return [bare for item in items if (bare := item.strip(around))]


def _json_list(text: str) -> list[object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None
