"""A folder with the APIs, templates and policies of an organisation, in the layout of tyk-sync's repository (1.5).

An index, ``.tyk.json``, names the other files; each holds one document, as REST gives it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from apps.core.exceptions import ApplicationError
from apps.core.requests import is_storable

INDEX = ".tyk.json"
API, OAS, ASSET, POLICY = "api", "oas", "asset", "policy"
#: Section of the index → kinds of the files in it. What a policy names comes before it.
SECTIONS = {"files": (API, OAS), "assets": (ASSET,), "policies": (POLICY,)}


class UnreadableRepository(ApplicationError):
    """The folder is none that could be imported; the message says why."""

    message = "The folder cannot be read"


@dataclass(frozen=True)
class Entry:
    """One file: its kind, the id that it is known by, and the document."""

    kind: str
    name: str
    document: dict[str, Any]

    @property
    def file(self) -> str:
        """Name of the file. Ids may have characters that names of files cannot have."""
        return f"{self.kind}-{quote(self.name, safe='')}.json"


def write(folder: Path, entries: Iterable[Entry]) -> int:
    """Write files and index, and give the number of files; files that the index before named are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / INDEX).exists():
        for _, file in _listed(folder):
            (folder / file).unlink(missing_ok=True)
    index: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for entry in entries:
        section = next(name for name, kinds in SECTIONS.items() if entry.kind in kinds)
        index[section].append({"file": entry.file, **({"oas": {}} if section == "files" else {})})
        _write(folder / entry.file, entry.document)
    _write(folder / INDEX, {"type": "apidef", **index})
    return sum(map(len, index.values()))


def read(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Give section and document of each file of the index. Raises ``UnreadableRepository``."""
    return [(section, _read(folder / file)) for section, file in _listed(folder)]


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    """Give section and name of each file of the index, none of which is elsewhere."""
    index = _read(folder / INDEX)
    for section in SECTIONS:
        entries = index.get(section) or []
        if not isinstance(entries, list):
            raise UnreadableRepository(f"{folder / INDEX}: {section}: expected a list")
        for number, one in enumerate(entries):
            file = one.get("file") if isinstance(one, dict) else None
            if not isinstance(file, str) or file != Path(file).name or file == INDEX or not file.endswith(".json"):
                raise UnreadableRepository(f"{folder / INDEX}: {section}.{number}.file must be a file of this folder")
            yield section, file


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableRepository(f"{path}: {error}") from error
    if not isinstance(document, dict) or not is_storable(document):
        raise UnreadableRepository(f"{path}: expected an object of texts without NUL, not nested too deep")
    return document
