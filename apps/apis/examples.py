"""Example APIs in a repository of somebody else: an index, and below it a folder for each."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin

from django.conf import settings

from apps.apis.oas.extension import objects, section
from apps.apis.oas.reading import UnreadableDocument, read_document
from apps.core.exceptions import ApplicationError
from apps.core.fetching import FetchError, FetchRefused, fetch


class InvalidIndex(ApplicationError):
    """The index cannot be fetched from there, or is none. Status and text are the documented ones."""

    status = 400
    message = "Invalid examples index file or root path"


class IndexAway(ApplicationError):
    """The index does not answer. Status and text are the documented ones."""

    status = 500
    message = "Failed to fetch examples index file"


class ExampleAway(ApplicationError):
    """The files of an example do not answer. Status and text are the documented ones."""

    status = 500
    message = "Failed to fetch example API definitions"


class UnknownExample(ApplicationError):
    """The index names no such example. Status and text are the documented ones."""

    status = 404
    message = "Example API definition not found"


def examples(index: str) -> list[dict[str, Any]]:
    """Give the examples that an index names; ``index`` is its URL, "" for the usual one."""
    try:
        found = read_document(_fetched(index or settings.EXAMPLES_INDEX_URL, IndexAway))
    except (UnreadableDocument, FetchRefused) as error:
        raise InvalidIndex from error
    groups = section(found, "examples")
    return [example for name in groups for example in objects(groups, name) if isinstance(example.get("location"), str)]


def example(index: str, location: str, *, root: str, readme: bool, definition: bool) -> dict[str, Any]:
    """Give one example, with its text and its API where these are wanted; ``root`` is where its folder lies."""
    found = next((one for one in examples(index) if one["location"] == location), None)
    if found is None:
        raise UnknownExample
    base = root or urljoin(index or settings.EXAMPLES_INDEX_URL, ".")
    folder = f"{base.rstrip('/')}/{quote(location)}/"
    told = {
        "name": found.get("name", ""),
        "location": location,
        "description": found.get("description", ""),
        "features": found.get("features", []),
        "min_version": found.get("minTykVersion", ""),
    }
    try:
        text = {"readme": _fetched(f"{folder}readme.md", ExampleAway).decode(errors="replace")} if readme else {}
        return {**told, **text, **(_definition(folder) if definition else {})}
    except FetchRefused as error:
        raise InvalidIndex from error
    except UnreadableDocument as error:
        raise ExampleAway from error


def _definition(folder: str) -> dict[str, Any]:
    files = objects(read_document(_fetched(f"{folder}.tyk.json", ExampleAway)), "files")
    if not files:
        raise ExampleAway
    name = quote(str(files[0].get("file", "")), safe="")
    kept = read_document(_fetched(f"{folder}{name}", ExampleAway))
    return {name: kept[name] for name in ("api_definition", "oas") if name in kept}


def _fetched(url: str, away: type[ApplicationError]) -> bytes:
    try:
        answer = fetch(url, max_bytes=settings.MAX_BODY_BYTES)
    except FetchRefused:
        raise
    except FetchError as error:
        raise away from error
    if answer.status_code != 200:
        raise away
    content: bytes = answer.content
    return content
