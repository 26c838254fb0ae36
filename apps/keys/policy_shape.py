"""The shape of a policy, as gateways decode it: a document that does not have it is refused with the place.

Gateways are written in Go: ``null`` is nothing in any place, the case of members does not matter, whole numbers have no
point and 64 bits, and members that nobody knows are passed over. Sources: gateway 5.x ``user.Policy`` and
``user.AccessDefinition``; the dashboard's additions (5.13).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from apps.core.exceptions import MALFORMED, ApplicationError
from apps.core.json_values import whole
from apps.keys import policies

Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None
Number = float | None
Text = str | None
Flag = bool | None
Texts = list[Text] | None
Object = dict[str, Any] | None
S = TypeVar("S", bound=msgspec.Struct)

ZERO_YEAR = "0001-"  # what programs written in Go send for no time


class MalformedPolicy(ApplicationError):
    """The document is no policy; the message names the place. Status and wording as documented for bodies."""

    status = 403
    message = MALFORMED


class Smoothing(msgspec.Struct):
    """Lets the limit grow in steps before it is reached."""

    enabled: Flag = None
    threshold: Integer = None
    trigger: Number = None
    step: Integer = None
    delay: Integer = None


class Rate(msgspec.Struct):
    """``rate`` requests in ``per`` seconds."""

    rate: Number = None
    per: Number = None


class Limit(Rate):
    """What one API of a policy allows by itself."""

    throttle_interval: Number = None
    throttle_retry_limit: Integer = None
    max_query_depth: Integer = None
    quota_max: Integer = None
    quota_renews: Integer = None
    quota_remaining: Integer = None
    quota_renewal_rate: Integer = None
    set_by_policy: Flag = None
    smoothing: Smoothing | None = None


class AllowedUrl(msgspec.Struct):
    """Paths, as a regular expression, and methods that may be called."""

    url: Text = None
    methods: Texts = None


class EndpointLimit(msgspec.Struct):
    """``rate`` requests in ``per`` seconds to one endpoint: whole numbers, other than those of an API."""

    rate: Integer = None
    per: Integer = None


class EndpointMethod(msgspec.Struct):
    """A method of an endpoint with its limit."""

    name: Text = None
    limit: EndpointLimit | None = None


class Endpoint(msgspec.Struct):
    """An endpoint with limits of its own."""

    path: Text = None
    methods: list[EndpointMethod | None] | None = None


class GraphType(msgspec.Struct):
    """Fields of a GraphQL type."""

    name: Text = None
    fields: Texts = None


class FieldLimits(msgspec.Struct):
    """How deep a query of a field may be."""

    max_query_depth: Integer = None


class FieldRight(msgspec.Struct):
    """A field of a GraphQL type with its limits."""

    type_name: Text = None
    field_name: Text = None
    limits: FieldLimits | None = None


class NamedLimit(msgspec.Struct):
    """A method of JSON-RPC, or a primitive of MCP, with its limit."""

    name: Text = None
    type: Text = None
    limit: Rate | None = None


class Rules(msgspec.Struct):
    """What is allowed and what is blocked, by name."""

    allowed: Texts = None
    blocked: Texts = None


class PrimitiveRules(msgspec.Struct):
    """The same for each kind of MCP primitive."""

    tools: Rules | None = None
    resources: Rules | None = None
    prompts: Rules | None = None


class AccessRight(msgspec.Struct):
    """What a policy allows of one API. Old clients write ``apiid`` and ``apiname``."""

    api_id: Text = None
    api_name: Text = None
    apiid: Text = None
    apiname: Text = None
    versions: Texts = None
    allowed_urls: list[AllowedUrl | None] | None = None
    endpoints: list[Endpoint | None] | None = None
    limit: Limit | None = None
    allowance_scope: Text = None
    restricted_types: list[GraphType | None] | None = None
    allowed_types: list[GraphType | None] | None = None
    field_access_rights: list[FieldRight | None] | None = None
    disable_introspection: Flag = None
    json_rpc_methods: list[NamedLimit | None] | None = None
    json_rpc_methods_access_rights: Rules | None = None
    mcp_primitives: list[NamedLimit | None] | None = None
    mcp_access_rights: PrimitiveRules | None = None


class Partitions(msgspec.Struct):
    """The parts of a key that a policy decides; without any, all of them."""

    quota: Flag = None
    rate_limit: Flag = None
    complexity: Flag = None
    acl: Flag = None
    per_api: Flag = None


class PolicyShape(msgspec.Struct):
    """A policy, its access rights aside. ``last_updated`` may be anything, for it is written anew."""

    _id: Text = None
    id: Text = None
    org_id: Text = None
    name: Text = None
    rate: Number = None
    per: Number = None
    quota_max: Integer = None
    quota_renewal_rate: Integer = None
    throttle_interval: Number = None
    throttle_retry_limit: Integer = None
    max_query_depth: Integer = None
    access_rights: Object = None
    access_rights_array: list[Object] | None = None
    graphql_access_rights: Object = None
    hmac_enabled: Flag = None
    enable_http_signature_validation: Flag = None
    active: Flag = None
    is_inactive: Flag = None
    tags: Texts = None
    key_expires_in: Integer = None
    post_expiry_action: Literal["", "retain", "delete"] | None = None
    post_expiry_grace_period: Integer = None
    partitions: Partitions | None = None
    meta_data: Object = None
    smoothing: Smoothing | None = None
    state: Literal["", "active", "draft", "deny"] | None = None
    auth_type: Text = None
    auth_types: Texts = None
    graphql_enabled: Flag = None
    date_created: Text = None
    last_updated: Any = None


def _members(*shapes: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(name for shape in shapes for name in shape.__struct_fields__)


#: What msgspec says of a type → what JSON calls it.
JSON_WORDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
QUOTED, WORD = re.compile(r"`[^`]*`"), re.compile(r"\w+")

#: Every member that gateways know, wherever it stands.
MEMBERS = _members(PolicyShape, Partitions, Smoothing, Limit, AccessRight, AllowedUrl, Endpoint, EndpointMethod) | (
    _members(GraphType, FieldRight, FieldLimits, NamedLimit, Rules, PrimitiveRules)
)
#: Members whose own members are names that somebody chose.
FREE = frozenset({"meta_data", "graphql_access_rights"})


def read_policy(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a document with its members under the names that gateways know, and its access rights in one place.

    Raises ``MalformedPolicy`` with the place of what a gateway could not decode.
    """
    document = {name: _as_known(name, value) for name, value in _known(body).items()}
    _check(document, PolicyShape)
    if not document.get("access_rights") and (listed := document.get("access_rights_array")):
        document["access_rights"] = {_id_of(right): right for right in listed if right is not None}
    if fault := policies.size_problem(document):
        raise MalformedPolicy(f"{MALFORMED}: {fault}")
    for api_id, right in (document.get("access_rights") or {}).items():
        _check(right, AccessRight, f"access_rights.{api_id}")
    _check_time(document)
    return document


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Write the members of an object as gateways know them; of one that comes twice the last counts."""
    return {name.lower() if name.lower() in MEMBERS else name: value for name, value in given.items()}


def _as_known(name: str, value: Any) -> Any:
    if name in FREE or name not in MEMBERS:
        return value
    if name == "access_rights" and isinstance(value, dict):
        return {api_id: _inside(right) for api_id, right in value.items()}
    return _inside(value)


def _inside(value: Any) -> Any:
    """Read what a known member says; a whole number has no point, for numbers of both kinds are read from that."""
    if isinstance(value, list):
        return [_inside(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _as_known(name, inner) for name, inner in _known(value).items()}
    return whole(value)


def _id_of(right: Mapping[str, Any]) -> str:
    """Give the API of an access right. Raises ``MalformedPolicy`` when it names none."""
    api_id = right.get("api_id") or right.get("apiid")
    if not isinstance(api_id, str) or not api_id:
        raise MalformedPolicy(f"{MALFORMED}: access_rights_array: each needs an api_id")
    return api_id


def _check(value: Any, shape: type[S], place: str = "") -> None:
    """Raise ``MalformedPolicy`` when a value has not this shape; ``null`` has any."""
    try:
        msgspec.convert(value, shape | None)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        where = f"{place}{path.rstrip('`')}".lstrip(".") or "policy"
        raise MalformedPolicy(f"{MALFORMED}: {where}: {_in_json(what[:1].lower() + what[1:])}") from error


def _in_json(message: str) -> str:
    """Name types as JSON does."""
    return QUOTED.sub(lambda quoted: WORD.sub(lambda word: JSON_WORDS.get(word[0], word[0]), quoted[0]), message)


def _check_time(document: dict[str, Any]) -> None:
    """Leave out a time that is none, as programs written in Go send it; refuse what is no time at all."""
    made = document.pop("date_created", None)
    if not made or made.startswith(ZERO_YEAR):
        return
    try:
        is_time = "T" in made and datetime.fromisoformat(made).tzinfo is not None
    except ValueError:
        is_time = False
    if not is_time:
        raise MalformedPolicy(f"{MALFORMED}: date_created: expected a time such as 2026-01-31T12:00:00Z")
    document["date_created"] = made
