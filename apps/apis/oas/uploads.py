"""What a request brings: a document as body, as file, as ZIP of parts, or the URL where one lies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from posixpath import basename, normpath
from typing import IO, Any
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from apps.apis.oas.bundling import bundled
from apps.apis.oas.extension import Document
from apps.apis.oas.reading import UnreadableDocument, read_document
from apps.apis.oas.references import references
from apps.core.fetching import FetchError, fetch

MAIN_PARTS = ("openapi.json", "openapi.yaml", "openapi.yml")
ZIP = b"PK\x03\x04"
MULTIPART = "multipart/form-data"
REDIRECTS = 3


class DocumentParser(BaseParser):
    """Reads the document of a request, JSON or YAML or a file of either, whatever the content type says.

    Raises ``UnreadableDocument``.
    """

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Document:
        """Give the document."""
        if (media_type or "").startswith(MULTIPART):
            return read_upload(_file_of(stream, media_type, parser_context))
        return read_upload(stream.read())


def read_upload(content: bytes) -> Document:
    """Give the document that bytes are, or that a ZIP has. Raises ``UnreadableDocument``, ``InvalidDocument``."""
    return _read_archive(content) if content.startswith(ZIP) else read_document(content)


def fetched(document: Document) -> Document:
    """Give the document of a body that only says at which ``url`` it lies; any other body as it is.

    Call it outside of transactions. Raises ``UnreadableDocument``, ``InvalidDocument``.
    """
    url = document.get("url")
    if document.keys() != {"url"} or not isinstance(url, str):
        return document
    found = read_upload(_fetch(url))
    is_whole = all(reference.startswith("#") for _, reference in references(found))
    return found if is_whole else bundled(found, url, lambda target: _read_part(target, _fetch(target)))


def _fetch(url: str) -> bytes:
    try:
        answer = fetch(url, max_bytes=settings.MAX_BODY_BYTES, redirects=REDIRECTS)
    except FetchError as error:
        raise UnreadableDocument(f"Could not fetch {url[:200]}: {str(error).rstrip('.')}") from error
    if answer.status_code != 200:
        raise UnreadableDocument(f"Could not fetch {url[:200]}: it answers {answer.status_code}")
    content: bytes = answer.content
    return content


def _read_part(location: str, content: bytes) -> Document:
    """Read one part of a document in several; what is wrong with it is told with where it lies."""
    try:
        return read_document(content)
    except UnreadableDocument as error:
        raise UnreadableDocument(f"{error.message} (in {location[:200]})") from error


def _file_of(stream: IO[Any], media_type: str | None, context: Mapping[str, Any] | None) -> bytes:
    try:
        sent = MultiPartParser().parse(stream, media_type, dict(context or {}))
    except ParseError as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: it is no multipart form") from error
    files: Any = sent.files
    found = files.get("file") or next(iter(files.values()), None)
    if found is None:
        raise UnreadableDocument(f"{UnreadableDocument.message}: the form has no file")
    content: bytes = found.read()
    return content


def _read_archive(content: bytes) -> Document:
    """Give the main part of a ZIP with what it refers to in the others. No more is unpacked than a body may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = _Parts(archive)
            main = parts.main()
            return bundled(parts.read(main), main, parts.read)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableDocument(f"{UnreadableDocument.message}: the ZIP cannot be read") from error


class _Parts:
    """The files of a ZIP."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.left = archive, settings.MAX_BODY_BYTES

    def main(self) -> str:
        """Give the name of the main part: the one that lies highest."""
        names = [name for name in self.archive.namelist() if basename(name) in MAIN_PARTS]
        if not names:
            raise UnreadableDocument(f"{UnreadableDocument.message}: the ZIP has no {' or '.join(MAIN_PARTS[:2])}")
        return min(names, key=lambda name: (name.count("/"), MAIN_PARTS.index(basename(name))))

    def read(self, location: str) -> Document:
        """Give the document of a part."""
        if urlsplit(location).scheme:
            raise UnreadableDocument(f"{location[:200]} is not in the ZIP; parts are fetched only of a document by URL")
        try:
            with self.archive.open(normpath(location)) as part:
                content = part.read(self.left + 1)
        except KeyError as error:
            raise UnreadableDocument(f"{location[:200]} is not in the ZIP") from error
        self.left -= len(content)
        if self.left < 0:
            raise UnreadableDocument(f"The ZIP unpacks to more than {settings.MAX_BODY_BYTES} bytes")
        return _read_part(location, content)
