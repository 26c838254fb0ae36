from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from apps.demo.sampling import WeightedChoice, choice, poisson


def test_it_picks_in_proportion_to_weights_and_never_what_weighs_nothing() -> None:
    random, things = Random("a"), WeightedChoice([("often", 6.0), ("never", 0.0), ("seldom", 2.0)])
    found = Counter(things.pick(random) for _ in range(8_000))
    assert set(found) == {"often", "seldom"}
    assert found["often"] == pytest.approx(6_000, rel=0.05)


def test_it_picks_the_only_thing() -> None:
    assert WeightedChoice([("only", 0.1)]).pick(Random("a")) == "only"


def test_it_gives_each_of_some_things_the_same_chance() -> None:
    random = Random("a")
    found = Counter(choice(random, "abcd") for _ in range(8_000))
    assert all(count == pytest.approx(2_000, rel=0.1) for count in found.values())


@pytest.mark.parametrize("mean", [0.0, 0.3, 7.0, 1_800.0])
def test_it_counts_independent_events(mean: float) -> None:
    random = Random("a")
    counts = [poisson(random, mean) for _ in range(500)]
    average = sum(counts) / len(counts)
    variance = sum((count - average) ** 2 for count in counts) / len(counts)
    assert average == pytest.approx(mean, rel=0.1)
    assert variance == pytest.approx(mean, rel=0.3)
