"""Choosing by weight, fast and by a given source of randomness."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import exp
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class WeightedChoice(Generic[T]):
    """Things that are chosen in proportion to their weights, which need not add up to 1."""

    __slots__ = ("_limits", "_things", "_total")

    def __init__(self, weights: Iterable[tuple[T, float]]) -> None:
        pairs = [(thing, weight) for thing, weight in weights if weight > 0]
        self._things = [thing for thing, _ in pairs]
        self._limits = list(accumulate(weight for _, weight in pairs))
        self._total = self._limits.pop()  # rounding can then never lead past the last thing

    def pick(self, random: Random) -> T:
        """One of the things."""
        return self._things[bisect(self._limits, random.random() * self._total)]


def choice(random: Random, things: Sequence[T]) -> T:
    """One of some things, all alike; three times as fast as ``random.choice``, which avoids a bias of 2**-53."""
    return things[int(random.random() * len(things))]


def poisson(random: Random, mean: float) -> int:
    """How many independent events happen where ``mean`` are expected; any mean from 0 to thousands."""
    events = 0
    while mean > 500:  # e**-mean would vanish; parts add up
        events, mean = events + poisson(random, 500), mean - 500
    limit, product = exp(-mean), random.random()
    while product > limit:
        events, product = events + 1, product * random.random()
    return events
