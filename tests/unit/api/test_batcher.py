"""Rounds: who waits shares the next one, each gets its own, and a failure is everybody's of that round."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from api.batcher import Batcher

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_those_that_arrive_while_a_round_runs_share_the_next() -> None:
    rounds: list[list[int]] = []
    gate = threading.Event()

    def run(items: Sequence[int]) -> Sequence[int]:
        rounds.append(list(items))
        gate.wait(5)
        return [item * 10 for item in items]

    async def story() -> list[int]:
        grouped = Batcher(run, 3, threading.Lock())
        first = asyncio.create_task(grouped(0))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(grouped(number)) for number in range(1, 6)]
        await asyncio.sleep(0.05)
        gate.set()
        return [await task for task in (first, *others)]

    assert asyncio.run(story()) == [0, 10, 20, 30, 40, 50]
    assert rounds == [[0], [1, 2, 3], [4, 5]]


def test_a_failed_round_fails_its_own_and_the_next_goes_on() -> None:
    def run(items: Sequence[int]) -> Sequence[int]:
        if 0 in items:
            raise ValueError
        return list(items)

    async def story() -> int:
        grouped = Batcher(run, 10, threading.Lock())
        with pytest.raises(ValueError):  # noqa: PT011 - the very one
            await grouped(0)
        return await grouped(7)

    assert asyncio.run(story()) == 7


def test_one_that_goes_away_takes_nothing_from_the_others() -> None:
    async def story() -> int:
        grouped: Batcher[int, int] = Batcher(list, 10, threading.Lock())
        leaving = asyncio.create_task(grouped(1))
        staying = asyncio.create_task(grouped(2))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(story()) == 2
