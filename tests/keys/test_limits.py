"""What a policy allows of each of its APIs, as a gateway applies it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.keys.policies import EffectiveLimits, combination_problem, effective_limits, in_words

BASE = {"rate": 10, "per": 1, "quota_max": 100, "quota_renewal_rate": 60}


def limits(own: dict[str, Any] | None, **given: Any) -> EffectiveLimits:
    """What a policy allows of its one API, which may have a limit of its own."""
    (found,) = effective_limits({**BASE, **given, "access_rights": {"orders": {"limit": own}}})
    return found


@pytest.mark.parametrize(
    ("own", "given", "rate", "quota"),
    [
        (None, {}, (10, 1), (100, 60)),
        ({"rate": 0, "per": 0}, {}, (10, 1), (100, 60)),
        ({"rate": 100, "per": 60}, {}, (10, 1), (100, 60)),
        ({"rate": 50, "per": 1, "quota_max": 7}, {}, (50, 1), (100, 60)),
        ({"quota_max": -1}, {}, (10, 1), (-1, 0)),
        ({"quota_max": 500}, {"quota_max": -1}, (10, 1), (-1, 60)),
        ({"rate": 1, "per": 1}, {"partitions": {"per_api": True}}, (1, 1), (0, 0)),
        ({"rate": 0}, {"partitions": {"per_api": True}}, (10, 1), (100, 60)),
        (None, {"partitions": {"acl": True}}, None, None),
        (None, {"partitions": {"rate_limit": True, "acl": True}}, (10, 1), None),
        (None, {"partitions": {"quota": True}}, None, (100, 60)),
        (None, {"partitions": dict.fromkeys(("quota", "rate_limit", "acl", "per_api"), False)}, (10, 1), (100, 60)),
    ],
)
def test_the_limits_are_those_that_a_gateway_applies(own: Any, given: Any, rate: Any, quota: Any) -> None:
    found = limits(own, **given)
    assert (found.rate, found.quota) == (rate, quota)


def test_limits_of_an_api_itself_are_counted_for_it_alone() -> None:
    per_api = {"partitions": {"per_api": True}}
    assert not limits({"rate": 1, "per": 1}, **per_api).is_shared
    assert limits(None, **per_api).is_shared
    assert limits(None).is_shared


def test_a_policy_without_the_part_access_opens_nothing_by_itself() -> None:
    opened = {name: limits(None, partitions={name: True}).has_access for name in ("quota", "acl", "per_api")}
    assert opened == {"quota": False, "acl": True, "per_api": True}


def test_hidden_apis_are_not_told_unless_none_is_left() -> None:
    document = {**BASE, "access_rights": {"mine": None, "hidden": {}}}
    assert [one.api_id for one in effective_limits(document, {"mine"})] == ["mine"]
    assert [one.api_id for one in effective_limits(document, {"other"})] == ["mine", "hidden"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (None, "as the key says"),
        ((0, 60), "unlimited"),
        ((-1, 60), "unlimited"),
        ((1000, 60), "1,000 per 60 s"),
        ((0.5, 1), "0.5 per 1 s"),
        ((1_234_567, 3600), "1,234,567 per 3,600 s"),
        ((7, 0), "7"),
    ],
)
def test_limits_are_written_for_people(limit: Any, words: str) -> None:
    assert in_words(limit) == words


def test_one_policy_goes_with_itself_and_none_with_nothing() -> None:
    assert combination_problem([]) == combination_problem([{"partitions": {"per_api": True}}]) == ""
    assert combination_problem([{}, {"partitions": None}, {"partitions": {"quota": False}}]) == ""
