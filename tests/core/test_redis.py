"""What lies in the cache."""

from __future__ import annotations

import pickle
from pathlib import Path

from django.core.cache import cache

from apps.core.redis import own_redis


class Trap:
    """Something that does harm when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.place,))


def test_it_gives_back_what_was_cached_and_counts() -> None:
    for value in ({"issuer": "https://id.example.com", "keys": [1, None, True]}, "text", 5, -1, 0.5):
        cache.set("some", value, 5)
        assert cache.get("some") == value
    cache.set("number", 1, 5)
    assert cache.incr("number") == 2
    cache.delete_many(["some", "number"])


def test_who_writes_to_redis_runs_nothing(tmp_path: Path) -> None:
    place = tmp_path / "harm"
    own_redis().set(cache.make_key("some"), pickle.dumps(Trap(place)), ex=5)
    assert cache.get("some") is None
    assert not place.exists()
    own_redis().set(cache.make_key("some"), "[" * 100_000, ex=5)
    assert cache.get("some") is None
    cache.delete("some")
