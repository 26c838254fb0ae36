"""How one request ends: its status, how long the upstream and the gateway took, and from where."""

from __future__ import annotations

from math import log
from random import Random
from typing import NamedTuple

from apps.demo.callers import CRAWLER, NOBODY, Caller
from apps.demo.conditions import Conditions, Trouble
from apps.demo.offer import Endpoint, OfferedApi

#: Shares of the requests with a key that the gateway refuses: none or an unknown one, no right to it.
UNKNOWN_KEY, NO_RIGHT = 0.006, 0.002
#: Shares of requests beyond the rate limit, of callers on the free plan and of the crawler.
LIMITED_FREE, LIMITED_CRAWLER = 0.02, 0.55
#: Milliseconds after which the gateway gives up on an upstream, and answers 504.
PATIENCE = 10_000
#: Errors with which the gateway answers itself: it records no upstream latency for them.
GATEWAY_ERRORS = frozenset({502, 504})
CALM = Trouble()


class Outcome(NamedTuple):
    """The end of a request: by whom, with which status, after how many milliseconds of either part."""

    caller: Caller
    status: int
    upstream: int
    gateway: int
    cached: bool = False


def outcome_of(
    random: Random, api: OfferedApi, endpoint: Endpoint, caller: Caller, conditions: Conditions, factor: float
) -> Outcome:
    """One request's end; ``factor`` is how much slower this version of the API is."""
    if api.access != "open" and (refused := _refusal(random, caller)):
        return refused
    if api.cached and endpoint.method == "GET" and random.random() < api.cached:
        return Outcome(caller, 200, 0, _own_time(random), cached=True)
    trouble = conditions.troubles.get(api.api_id, CALM)
    return _answer(
        caller, _status(random, endpoint, trouble), _upstream_time(random, endpoint, trouble, factor), random
    )


def _refusal(random: Random, caller: Caller) -> Outcome | None:
    """What the gateway refuses by itself, before it asks the upstream."""
    chance = random.random()
    if chance < UNKNOWN_KEY:
        return Outcome(NOBODY, 401, 0, _own_time(random))
    if chance < UNKNOWN_KEY + NO_RIGHT:
        return Outcome(caller, 403, 0, _own_time(random))
    if chance < UNKNOWN_KEY + NO_RIGHT + _limited(caller):
        return Outcome(caller, 429, 0, _own_time(random))
    return None


def _limited(caller: Caller) -> float:
    if caller is CRAWLER:
        return LIMITED_CRAWLER
    return LIMITED_FREE if "plan-free" in caller.tags else 0.0


def _status(random: Random, endpoint: Endpoint, trouble: Trouble) -> int:
    if trouble.failing and random.random() < trouble.failing:
        return trouble.status
    chance = random.random()
    for status, share in endpoint.odds:
        if chance < share:
            return status
        chance -= share
    return endpoint.status


def _upstream_time(random: Random, endpoint: Endpoint, trouble: Trouble, factor: float) -> int:
    median = endpoint.median * factor * trouble.slower
    return int(random.lognormvariate(log(median), endpoint.spread))


def _answer(caller: Caller, status: int, upstream: int, random: Random) -> Outcome:
    own = _own_time(random)
    if status == 504:
        return Outcome(caller, status, 0, PATIENCE + own)
    if status in GATEWAY_ERRORS:
        return Outcome(caller, status, 0, upstream // 8 + own)
    return Outcome(caller, status, min(upstream, PATIENCE), own)


def _own_time(random: Random) -> int:
    """The gateway's own milliseconds: mostly none to three, seldom more (a collection, a full queue)."""
    return int(random.expovariate(0.9)) + (random.randrange(5, 40) if random.random() < 0.004 else 0)
