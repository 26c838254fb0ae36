"""Servers of our own, because these tests kill them; all tests of a run share them, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import randbelow

import pytest

from launching.console import Failure
from tests.chaos.prefork import Prefork, stack_with_prefork
from tests.chaos.stack import Stack

SLICE = 150  # records


@pytest.fixture(scope="session")
def _stack_and_prefork() -> Iterator[tuple[Stack, Prefork]]:
    try:
        with stack_with_prefork(PUMP_SLICE_RECORDS=str(SLICE)) as stack_and_prefork:
            yield stack_and_prefork
    except Failure as failure:
        pytest.skip(f"no servers to kill: {failure}")


@pytest.fixture
def stack(_stack_and_prefork: tuple[Stack, Prefork]) -> Stack:
    """Both servers, empty."""
    stack, prefork = _stack_and_prefork
    prefork.kill_all()
    stack.wipe()
    return stack


@pytest.fixture
def prefork(_stack_and_prefork: tuple[Stack, Prefork], stack: Stack) -> Iterator[Prefork]:
    """What starts workers; none is left over."""
    prefork = _stack_and_prefork[1]
    yield prefork
    prefork.kill_all()
    print(f"workers logged:\n{prefork.logged()}")  # noqa: T201


@pytest.fixture
def seed() -> int:
    """Another one in each run, printed where a test fails."""
    seed = randbelow(2**32)
    print(f"seed {seed}")  # noqa: T201
    return seed
