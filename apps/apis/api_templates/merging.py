"""What becomes of a template and a document: pure functions. Rules: dashboard guide to API templates (5.13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.apis.oas.extension import EXTENSION, Document, section

#: What the extension says of one API and of no other.
OF_ONE_API = frozenset({"id", "dbId", "orgId", "versioning", "expiration"})


def merged(template: Mapping[str, Any], document: Mapping[str, Any]) -> Document:
    """Give a document with what a template has and the document has not. Neither is changed.

    Objects are merged member by member, at every depth; of everything else, lists among it, the document's counts.
    An object that is a reference (``$ref``) is one thing and no members. The members of the template come first.
    """
    return {**template, **{name: _merged(template.get(name), value) for name, value in document.items()}}


def _merged(kept: Any, given: Any) -> Any:
    is_merged = all(isinstance(one, Mapping) and "$ref" not in one for one in (kept, given))
    return merged(kept, given) if is_merged else given


def template_of(document: Mapping[str, Any]) -> Document:
    """Give the document of an API as a template: without its ids, its versions and the path that it listens to."""
    extension = section(document, EXTENSION)
    said = {name: value for name, value in section(extension, "info").items() if name not in OF_ONE_API}
    server = {name: value for name, value in section(extension, "server").items() if name != "listenPath"}
    changed = {name: value for name, value in {"info": said, "server": server}.items() if name in extension}
    return {**document, **({EXTENSION: {**extension, **changed}} if EXTENSION in document else {})}
