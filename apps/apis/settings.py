"""The settings that most people change of an API, said once for both ways that APIs are kept.

A classic definition and the extension of an OpenAPI document say the same at different places. Pure functions: what is
not named stays as it is, member by member.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.apis.classic import AUTH_SWITCHES, words_of
from apps.apis.oas.durations import seconds
from apps.apis.oas.extension import EXTENSION, section

if TYPE_CHECKING:
    from apps.apis.models import Api

Document = dict[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a setting stands: in a classic definition, and in the extension of a document ("" for nowhere).

    ``is_negated`` says that the classic member is the opposite; ``empty`` is what nothing means.
    """

    classic: Path
    extension: Path
    empty: Any = False
    is_negated: bool = False


PLACES = {
    "name": Place(("name",), ("info", "name"), ""),
    "active": Place(("active",), ("info", "state", "active")),
    "listen_path": Place(("proxy", "listen_path"), ("server", "listenPath", "value"), ""),
    "strip_listen_path": Place(("proxy", "strip_listen_path"), ("server", "listenPath", "strip")),
    "target_url": Place(("proxy", "target_url"), ("upstream", "url"), ""),
    "domain": Place(("domain",), ("server", "customDomain", "name"), ""),
    "is_logged": Place(("do_not_track",), ("middleware", "global", "trafficLogs", "enabled"), is_negated=True),
    "detailed_recording": Place(("enable_detailed_recording",), ("server", "detailedActivityLogs", "enabled")),
    "rate": Place(("global_rate_limit", "rate"), ("upstream", "rateLimit", "rate"), None),
    "per": Place(("global_rate_limit", "per"), ("upstream", "rateLimit", "per"), None),
    "authentication": Place((), ("server", "authentication", "enabled")),
    **{switch: Place((switch,), ()) for switch in ("use_keyless", *AUTH_SWITCHES)},
}
#: Settings with a switch beside them, which follows: where it is, and whether it says that the setting is off.
SWITCHES = {
    "domain": Place(("domain_disabled",), ("server", "customDomain", "enabled"), is_negated=True),
    "rate": Place(("global_rate_limit", "disabled"), ("upstream", "rateLimit", "enabled"), is_negated=True),
}


def settings_of(api: Api) -> dict[str, Any]:
    """Give the settings that an API can have, by name; a period in seconds."""
    found = {name: _read(api, place) for name, place in PLACES.items() if _path(api, place)}
    return {**found, "per": seconds(found["per"]) if isinstance(found["per"], str) else found["per"]}


def changes_for(api: Api, said: Mapping[str, Any]) -> dict[str, Document]:
    """Give the change of an API's fields that lets it have other settings."""
    kept = _kept(api)
    for name, value in said.items():
        kept = _written(api, kept, PLACES[name], f"{value}s" if name == "per" and api.document is not None else value)
        if name in SWITCHES:
            kept = _written(api, kept, SWITCHES[name], bool(value))
    return {"definition": kept} if api.document is None else {"document": {**api.document, EXTENSION: kept}}


def changes_for_categories(api: Api, categories: list[str]) -> dict[str, Any]:
    """Give the change that puts an API into exactly these categories; a classic one has them in its name."""
    if not api.is_classic:
        return {"categories": categories}
    words = [*words_of(api.name)[0], *(f"#{category}" for category in categories)]
    return changes_for(api, {"name": " ".join(words)})


def _kept(api: Api) -> Document:
    """Give what is written: the classic definition, or the extension of the document."""
    if api.document is None:
        return {"name": api.name, "active": api.active, **api.definition}
    return section(api.document, EXTENSION)


def _path(api: Api, place: Place) -> Path:
    return place.classic if api.document is None else place.extension


def _read(api: Api, place: Place) -> Any:
    *outer, name = _path(api, place)
    value = section(_kept(api), *outer).get(name)
    if place.is_negated and api.document is None:
        return value is not True
    return place.empty if value is None else value


def _written(api: Api, kept: Document, place: Place, value: Any) -> Document:
    is_turned = place.is_negated and api.document is None
    return _with(kept, _path(api, place), not value if is_turned else value)


def _with(document: Mapping[str, Any], path: Path, value: Any) -> Document:
    """Give a document with another value at a place; members stay in their order."""
    name, *inner = path
    return {**document, name: _with(section(document, name), tuple(inner), value) if inner else value}
