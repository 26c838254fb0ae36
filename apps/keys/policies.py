"""What a policy says: pure functions over the JSON that gateways read (gateway 5.x, ``internal/policy``).

A document is kept as it came, unknown members included; what lists search and sort by is read from it into columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.json_values import size_fault

Document = dict[str, Any]

#: Members that say which policy it is, or when it was written; they have columns of their own.
IDENTITY = ("_id", "id", "org_id", "last_updated")
ACTIVE, DRAFT, DENY = "active", "draft", "deny"
PARTITIONS = ("quota", "rate_limit", "complexity", "acl")
PER_API = "per_api"
UNLIMITED = -1
MOST_RIGHTS = 5_000  # APIs that one policy opens
#: What one key cannot have together: the gateway's own sentences.
MIXED_PER_API = "cannot apply multiple policies when some have per_api set and some are partitioned"
MIXED_PARTITIONS = "cannot apply multiple policies if any are non-partitioned"
#: Members of an access right that only MCP proxies have, and those that these have not (dashboard 5.13).
MCP_ONLY = ("mcp_primitives", "mcp_access_rights", "json_rpc_methods", "json_rpc_methods_access_rights")
NEVER_MCP = (
    *("allowed_urls", "endpoints", "field_access_rights", "allowed_types", "restricted_types"),
    "disable_introspection",
)


def columns_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the columns of a policy hold, by their names."""
    state = document.get("state") or ACTIVE
    is_off = document.get("active") is False or document.get("is_inactive") is True
    return {
        "name": document.get("name") or "",
        "state": state,
        "is_active": state == ACTIVE and not is_off,
        "api_ids": list(rights_of(document)),
    }


def rights_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the access rights: public id of an API → what is allowed of it."""
    return document.get("access_rights") or {}


def with_rights(document: Mapping[str, Any], rights: Mapping[str, Any]) -> Document:
    """Give a document with other access rights; the list that repeats them follows, where there is one."""
    changed = {**document, **({"access_rights": dict(rights)} if rights or rights_of(document) else {})}
    return {**changed, "access_rights_array": list(rights.values())} if document.get("access_rights_array") else changed


def seen_rights(document: Mapping[str, Any], apis: Collection[str] | None) -> dict[str, Any]:
    """Give the access rights that somebody is shown who sees these APIs (``None``: all).

    Those of other APIs stay hidden. Who sees none of them sees the policy because none of them exists any more.
    """
    rights = rights_of(document)
    seen = rights if apis is None else {api_id: right for api_id, right in rights.items() if api_id in apis}
    return seen or rights


def delivered(document: Mapping[str, Any]) -> Document:
    """Give a policy as gateways are to read it: a denied one or a draft is inactive, and rights name their API."""
    off = document.get("is_inactive") is True or (document.get("state") or ACTIVE) != ACTIVE
    rights = {api_id: _named(api_id, right or {}) for api_id, right in rights_of(document).items()}
    kept = {name: value for name, value in document.items() if name != "access_rights_array"}
    return {**kept, "is_inactive": off, "access_rights": rights}


def _named(api_id: str, right: Mapping[str, Any]) -> Document:
    """Give an access right with its API's id, and its name where older clients write it."""
    kept = {name: value for name, value in right.items() if name not in {"apiid", "apiname"}}
    return {**kept, "api_id": api_id, "api_name": right.get("api_name") or right.get("apiname") or ""}


# Partitions


def size_problem(document: Mapping[str, Any]) -> str:
    """Say what is too much about a policy, with its place; "" if nothing is."""
    if len(document.get("access_rights") or {}) > MOST_RIGHTS:
        return f"access_rights: there are more than {MOST_RIGHTS:,} APIs"
    fault = size_fault(document)
    return f"policy: {fault}" if fault else ""


def partitions_of(document: Mapping[str, Any]) -> frozenset[str]:
    """Name the parts of a key that a policy decides; nothing means all of them."""
    given = document.get("partitions") or {}
    return frozenset(name for name in (*PARTITIONS, PER_API) if given.get(name) is True)


def partition_problem(document: Mapping[str, Any], name: str) -> str:
    """Tell why no gateway applies a policy, in the gateway's own words; "" if it would."""
    parts = partitions_of(document)
    mixed = PER_API in parts and len(parts) > 1
    return f"cannot apply policy {name} which has per_api and any of partitions set" if mixed else ""


def combination_problem(documents: Iterable[Mapping[str, Any]]) -> str:
    """Tell why these policies cannot be applied to one key, in a gateway's own words; "" if they can.

    Newer gateways let some mixes pass, depending on the order; which limits then hold nobody can say.
    """
    parts = [partitions_of(document) for document in documents]
    per_api = any(PER_API in some for some in parts)
    partitioned = any(some - {PER_API} for some in parts)
    if per_api and partitioned:
        return MIXED_PER_API
    return MIXED_PARTITIONS if (per_api or partitioned) and not all(parts) else ""


def kind_problem(right: Mapping[str, Any], *, is_mcp: bool) -> str:
    """Name the member of an access right that an API of this kind cannot have; "" if there is none."""
    return next((name for name in (NEVER_MCP if is_mcp else MCP_ONLY) if right.get(name)), "")


# Limits


@dataclass(frozen=True)
class EffectiveLimits:
    """What a policy allows of one API. ``None`` for rate or quota: the key itself says.

    ``rate`` requests in ``per`` seconds, ``quota`` in ``renewal`` seconds; ``UNLIMITED`` of either has no limit.
    ``is_shared``: all APIs that it is shared with count together. ``has_access``: the policy opens the API at all.
    """

    api_id: str
    rate: tuple[float, float] | None
    quota: tuple[int, int] | None
    is_shared: bool
    has_access: bool


def effective_limits(document: Mapping[str, Any], apis: Collection[str] | None = None) -> list[EffectiveLimits]:
    """Give what a policy allows of each API that somebody sees, as gateways apply it to a key with nothing else."""
    parts, rights = partitions_of(document), seen_rights(document, apis)
    return [_effective(document, parts, api_id, (right or {}).get("limit") or {}) for api_id, right in rights.items()]


def _effective(
    document: Mapping[str, Any], parts: frozenset[str], api_id: str, own: Mapping[str, Any]
) -> EffectiveLimits:
    has_access = not parts or not parts.isdisjoint({"acl", PER_API})
    if PER_API in parts:  # the API's own limit counts, or the policy's where it has none
        has_own = any(value for name, value in own.items() if name != "set_by_policy")
        limit = own if has_own else document
        return EffectiveLimits(api_id, _rate(limit), _quota(limit), not has_own, has_access)
    rate = max(_rate(document), _rate(own), key=_per_second) if not parts or "rate_limit" in parts else None
    quota = max(_quota(document), _quota(own), key=_amount) if not parts or "quota" in parts else None
    return EffectiveLimits(api_id, rate, quota, True, has_access)


def _rate(limit: Mapping[str, Any]) -> tuple[float, float]:
    return (limit.get("rate") or 0, limit.get("per") or 0)


def _quota(limit: Mapping[str, Any]) -> tuple[int, int]:
    return (limit.get("quota_max") or 0, limit.get("quota_renewal_rate") or 0)


def _per_second(limit: tuple[float, float]) -> float:
    """Give what the more generous of two rates is known by. One of nothing is none, and the other one counts."""
    rate, per = limit
    return rate / per if rate and per else float("-inf")


def _amount(limit: tuple[int, int]) -> float:
    return float("inf") if limit[0] == UNLIMITED else limit[0]


def in_words(limit: tuple[float, float] | None) -> str:
    """Write a rate or a quota for people."""
    if limit is None:
        return "as the key says"
    amount, seconds = limit
    if amount in {0, UNLIMITED}:
        return "unlimited"
    return f"{amount:,.15g} per {seconds:,.15g} s" if seconds > 0 else f"{amount:,.15g}"
