"""Servers of our own, because these tests kill them; all tests of a run share them, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import randbelow

import pytest

from launching.console import Failure
from tests.chaos.ground import Ground
from tests.chaos.prefork import Prefork, stage

SLICE = 150  # records


@pytest.fixture(scope="session")
def _stage() -> Iterator[tuple[Ground, Prefork]]:
    try:
        with stage(PUMP_SLICE_RECORDS=str(SLICE)) as servers_and_prefork:
            yield servers_and_prefork
    except Failure as failure:
        pytest.skip(f"no servers to kill: {failure}")


@pytest.fixture
def ground(_stage: tuple[Ground, Prefork]) -> Ground:
    """Both servers, empty."""
    ground, prefork = _stage
    prefork.kill_all()
    ground.wipe()
    return ground


@pytest.fixture
def prefork(_stage: tuple[Ground, Prefork], ground: Ground) -> Iterator[Prefork]:
    """What starts workers; none is left over."""
    prefork = _stage[1]
    yield prefork
    prefork.kill_all()
    print(f"workers logged:\n{prefork.logged()}")  # noqa: T201


@pytest.fixture
def seed() -> int:
    """Another one in each run, printed where a test fails."""
    seed = randbelow(2**32)
    print(f"seed {seed}")  # noqa: T201
    return seed
