"""What a classic API definition says: pure functions over the JSON that gateways read.

A definition is kept as it came, unknown members included; what lists search and sort by is read from it into columns.
Members and their meaning: gateway 5.x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.apis.expiry import delivered_expiry

Definition = dict[str, Any]

#: Members that say which API it is; they have columns of their own.
IDENTITY = ("id", "api_id", "org_id")
MAX_SLUG = 255  # characters
PATH_PARAMETER = re.compile(r"\{[^{}]*\}")
NOT_SLUG = re.compile(r"[^a-z0-9]+")
#: What other endpoints below ``/api/apis`` begin and end with: no public id does, or nobody could read its API.
RESERVED = frozenset(
    {"search", "categories", "groups", "keys", "oas", "streams", "oauth", "migrate", "import", "dry-run", "export"}
)
RESERVED_ENDS = frozenset({"access", "url", "urls", "export", "categories", "versions"})
#: Switch of a definition → the way to authenticate that it turns on, in the words of the dashboard's lists (5.8).
AUTH_SWITCHES = {
    "use_standard_auth": "authToken",
    "enable_jwt": "jwt",
    "use_basic_auth": "basic",
    "enable_signature_checking": "hmac",
    "use_oauth2": "oauth",
    "use_openid": "openid",
    "use_mutual_tls_auth": "mutualTLS",
    "custom_plugin_auth_enabled": "custom",
    "enable_coprocess_auth": "custom",
    "use_go_plugin_auth": "custom",
}
KEYLESS, MANY, OTHER = "keyless", "multiAuth", "other"
AUTH_TYPES = (KEYLESS, *dict.fromkeys(AUTH_SWITCHES.values()), MANY, OTHER)
TCP_PROTOCOLS = ("tcp", "tls")
GRAPHQL_TYPES = {"proxyOnly": "graphql", "executionEngine": "udg", "subgraph": "subgraph", "supergraph": "supergraph"}
API_TYPES = ("rest", "tcp", *GRAPHQL_TYPES.values())
DEFAULT_VERSION = "Default"
#: The default version of a base that is itself its default.
SELF = "self"


def completed(definition: Definition, *, api_id: str, name: str) -> Definition:
    """Give a definition with what a gateway cannot do without, where that is not said: name, slug, path, version."""
    given = {**definition, "name": name} if definition.get("name") is None else dict(definition)
    given["slug"] = given.get("slug") or slug_of(str(given["name"]))
    given["proxy"] = _with_listen_path(given.get("proxy"), api_id)
    given["version_data"] = _with_version(given.get("version_data"))
    return given


def slug_of(name: str) -> str:
    """Give the name of an API as it can stand in a URL; categories are no part of it."""
    return NOT_SLUG.sub("-", " ".join(words_of(name)[0]).lower()).strip("-")[:MAX_SLUG]


def words_of(name: str) -> tuple[list[str], list[str]]:
    """Give the words of a name, and the categories that follow them: ``Orders #retail #eu``."""
    words = name.split()
    return [word for word in words if not word.startswith("#")], [word[1:] for word in words if word.startswith("#")]


def is_reserved(api_id: str) -> bool:
    """Tell whether a public id in a path would be read as another endpoint."""
    first, *rest = api_id.split("/")
    return first in RESERVED or not RESERVED_ENDS.isdisjoint(rest[-1:]) or "rebase" in rest


def columns_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the columns of an API hold, by their names."""
    proxy, name = _object(definition, "proxy"), str(definition.get("name", ""))
    return {
        "name": name,
        "active": definition.get("active") is True,
        "internal": definition.get("internal") is True,
        "slug": str(definition.get("slug") or ""),
        "categories": list(dict.fromkeys(filter(None, words_of(name)[1]))),
        "target_url": str(proxy.get("target_url") or ""),
        "route": route_of(definition),
        "auth_type": auth_type_of(definition),
        "api_type": api_type_of(definition),
        "is_logged": definition.get("do_not_track") is not True,
    }


def route_of(definition: Mapping[str, Any]) -> str:
    """Give what only one API of a gateway can listen to: domain and path, or the port of a TCP API.

    Neither final slashes nor another spelling make a path another, nor do names of parameters. An internal API listens
    to nothing: "".
    """
    if definition.get("internal") is True:
        return ""
    if (protocol := definition.get("protocol")) in TCP_PROTOCOLS:
        return f"{protocol}:{definition.get('listen_port')}"
    domain = "" if definition.get("domain_disabled") is True else str(definition.get("domain") or "").strip().lower()
    path = unquote(str(_object(definition, "proxy").get("listen_path") or "")).strip("/")
    return domain + PATH_PARAMETER.sub("{}", normpath(f"/{path}"))


def auth_type_of(definition: Mapping[str, Any]) -> str:
    """Tell how callers of an API authenticate: without anything, in one way, or in several."""
    if definition.get("use_keyless") is True:
        return KEYLESS
    found = {kind for switch, kind in AUTH_SWITCHES.items() if definition.get(switch) is True}
    external = _object(definition, "external_oauth").get("enabled") is True
    found |= {"oauth"} if external else set()
    return MANY if len(found) > 1 else next(iter(found), OTHER)


def api_type_of(definition: Mapping[str, Any]) -> str:
    """Tell what an API speaks: ``rest``, ``tcp`` or a kind of GraphQL."""
    if definition.get("protocol") in TCP_PROTOCOLS:
        return "tcp"
    graphql = _object(definition, "graphql")
    return (
        GRAPHQL_TYPES.get(str(graphql.get("execution_mode")), "graphql") if graphql.get("enabled") is True else "rest"
    )


def address_of(definition: Mapping[str, Any], gateway: str) -> tuple[str, str, str]:
    """Give where callers reach an API: its whole address, its path and its host; ``gateway`` is the gateway's URL."""
    parts, path = urlsplit(gateway), str(_object(definition, "proxy").get("listen_path") or "")
    host = "" if definition.get("domain_disabled") is True else str(definition.get("domain") or "")
    return f"{parts.scheme}://{host or parts.netloc}{path}", path, host or parts.netloc


def delivered(definition: Mapping[str, Any]) -> Definition:
    """Give a definition as gateways are to read it: they know one form of when it, or a version of it, ends."""
    given = _ending(definition, "expiration")
    if isinstance(data := given.get("version_data"), Mapping):
        versions = {name: _ending(version or {}, "expires") for name, version in _object(data, "versions").items()}
        given["version_data"] = {**data, "versions": versions}
    return given


def child_versions(definition: Mapping[str, Any]) -> dict[str, str]:
    """Give the versions that are APIs of their own: name → public id."""
    versions = _object(_object(definition, "definition"), "versions")
    return {name: api_id for name, api_id in versions.items() if isinstance(api_id, str)}


def without_version(definition: Mapping[str, Any], api_id: str) -> Definition:
    """Give the definition of a base without one of the versions that are APIs of their own."""
    told = dict(_object(definition, "definition"))
    gone = [name for name, id_ in child_versions(definition).items() if id_ == api_id]
    versions = {name: id_ for name, id_ in _object(told, "versions").items() if name not in gone}
    default = {"default": SELF} if told.get("default") in gone else {}
    return {**definition, "definition": {**told, **default, "versions": versions}}


def _ending(told: Mapping[str, Any], member: str) -> Definition:
    return {**told, **({member: delivered_expiry(told[member])} if told.get(member) else {})}


def _with_listen_path(proxy: Any, api_id: str) -> dict[str, Any]:
    given = dict(proxy) if isinstance(proxy, Mapping) else {}
    if not given.get("listen_path"):
        given |= {"listen_path": f"/{api_id}/", "strip_listen_path": True}
    return given


def _with_version(version_data: Any) -> dict[str, Any]:
    """Give version data with the one version that an API without versions has."""
    given = dict(version_data) if isinstance(version_data, Mapping) else {"not_versioned": True, "default_version": ""}
    if given.get("not_versioned") is True and not given.get("versions"):
        given["versions"] = {DEFAULT_VERSION: {"name": DEFAULT_VERSION, "use_extended_paths": True}}
    return given


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}
