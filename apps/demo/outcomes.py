"""How one request ends: its status, how long the upstream and the gateway took, and from where."""

from __future__ import annotations

from math import log
from random import Random
from typing import NamedTuple

from apps.demo.consumers import ANONYMOUS, CRAWLER, ApiConsumer
from apps.demo.demo_apis import DemoApi, Endpoint
from apps.demo.load_profile import Fault, Load

#: Shares of the requests with a key that the gateway refuses: none or an unknown one, no right to it.
UNKNOWN_KEY, NO_RIGHT = 0.006, 0.002
#: Shares of requests beyond the rate limit, of consumers on the free plan and of the crawler.
LIMITED_FREE, LIMITED_CRAWLER = 0.02, 0.55
#: Milliseconds after which the gateway gives up on an upstream, and answers 504.
UPSTREAM_TIMEOUT = 10_000
#: Errors with which the gateway answers itself: it records no upstream latency for them.
GATEWAY_ERRORS = frozenset({502, 504})
NO_FAULT = Fault()


class Outcome(NamedTuple):
    """The end of a request: by whom, with which status, after how many milliseconds of either part."""

    consumer: ApiConsumer
    status: int
    upstream: int
    gateway: int
    cached: bool = False


def outcome_of(
    random: Random, api: DemoApi, endpoint: Endpoint, consumer: ApiConsumer, load: Load, factor: float
) -> Outcome:
    """One request's end; ``factor`` is how much slower this version of the API is."""
    if api.access != "open" and (refused := _refusal(random, consumer)):
        return refused
    if api.cached and endpoint.method == "GET" and random.random() < api.cached:
        return Outcome(consumer, 200, 0, _own_time(random), cached=True)
    fault = load.faults.get(api.api_id, NO_FAULT)
    return _answer(consumer, _status(random, endpoint, fault), _upstream_time(random, endpoint, fault, factor), random)


def _refusal(random: Random, consumer: ApiConsumer) -> Outcome | None:
    """What the gateway refuses by itself, before it asks the upstream."""
    chance = random.random()
    if chance < UNKNOWN_KEY:
        return Outcome(ANONYMOUS, 401, 0, _own_time(random))
    if chance < UNKNOWN_KEY + NO_RIGHT:
        return Outcome(consumer, 403, 0, _own_time(random))
    if chance < UNKNOWN_KEY + NO_RIGHT + _limited(consumer):
        return Outcome(consumer, 429, 0, _own_time(random))
    return None


def _limited(consumer: ApiConsumer) -> float:
    if consumer is CRAWLER:
        return LIMITED_CRAWLER
    return LIMITED_FREE if "plan-free" in consumer.tags else 0.0


def _status(random: Random, endpoint: Endpoint, fault: Fault) -> int:
    if fault.failure_rate and random.random() < fault.failure_rate:
        return fault.status
    chance = random.random()
    for status, share in endpoint.error_rates:
        if chance < share:
            return status
        chance -= share
    return endpoint.status


def _upstream_time(random: Random, endpoint: Endpoint, fault: Fault, factor: float) -> int:
    median = endpoint.median * factor * fault.slowdown
    return int(random.lognormvariate(log(median), endpoint.spread))


def _answer(consumer: ApiConsumer, status: int, upstream: int, random: Random) -> Outcome:
    own = _own_time(random)
    if status == 504:
        return Outcome(consumer, status, 0, UPSTREAM_TIMEOUT + own)
    if status in GATEWAY_ERRORS:
        return Outcome(consumer, status, 0, upstream // 8 + own)
    return Outcome(consumer, status, min(upstream, UPSTREAM_TIMEOUT), own)


def _own_time(random: Random) -> int:
    """The gateway's own milliseconds: mostly none to three, seldom more (a collection, a full queue)."""
    return int(random.expovariate(0.9)) + (random.randrange(5, 40) if random.random() < 0.004 else 0)
