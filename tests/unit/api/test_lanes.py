"""Work that takes long: so much at once, so much that waits, and what lies on disk meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import Final

import pytest

from api.lanes import PASSWORDS, SHORT, STRANGERS, SUSPECTS, TENANTS, Lane
from api.room import IN_MEMORY_BYTES, Room, Spooled
from ledger.store.engine import CONNECTIONS
from schemas.problem import StateError

WRITING: Final = 2
"""Connections of a write: its transaction, and what is read beside it."""
BESIDE: Final = 4
"""Connections beside requests and rounds: publishing, cosigning, the look for changes, and the one that is kept
open.
"""


def test_there_are_connections_for_all_threads_that_ask() -> None:
    """Hard use 2: a thread that has a connection never waits for one that hasn't."""
    assert SHORT + STRANGERS + WRITING * TENANTS + PASSWORDS + SUSPECTS + WRITING + BESIDE <= CONNECTIONS


def test_a_lane_runs_so_many_keeps_so_many_waiting_and_refuses_the_next() -> None:
    """Hard use 2: expensive work has a bound of its own, and whoever comes beyond it is told to come again."""
    running, most, two, free = 0, 0, threading.Event(), threading.Event()
    lock = threading.Lock()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if most == 2:
            two.set()
        assert free.wait(20)
        with lock:
            running -= 1
        return number

    async def ask() -> list[object]:
        lane = Lane(2, waiting=3)
        asked = [asyncio.create_task(lane(work, number)) for number in range(7)]
        await asyncio.to_thread(two.wait, 60)
        await asyncio.sleep(0.2)  # for one more, if the lane lets it in
        free.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(ask())
    assert found[:5] == [0, 1, 2, 3, 4]
    assert [each.code for each in found[5:] if isinstance(each, StateError)] == ["api.busy"] * 2
    assert most == 2


def test_a_thread_keeps_its_place_when_its_caller_was_given_up() -> None:
    """Hard use 2: a thread can't be stopped, so its place isn't free before it ends; what had not begun never
    begins.
    """
    free, one, began = threading.Event(), threading.Event(), list[str]()

    def work(name: str) -> None:
        began.append(name)
        one.set()
        assert free.wait(20)

    async def ask() -> None:
        lane = Lane(1, waiting=2)
        first, second = (asyncio.create_task(lane(work, name)) for name in ("first", "second"))
        await asyncio.to_thread(one.wait, 60)
        for each in (first, second):
            each.cancel()
        third = asyncio.create_task(lane(work, "third"))
        await asyncio.sleep(0.2)
        assert began == ["first"], "the place of the one that runs was given to another"
        free.set()
        await third

    asyncio.run(ask())
    assert began == ["first", "third"]


@pytest.mark.parametrize(("size", "files"), [(11, 0), (0, 3), (1, 3)])
def test_room_is_refused_where_there_is_none_and_nothing_is_taken(size: int, files: int) -> None:
    room = Room(bytes_left=10, files_left=2)
    with pytest.raises(StateError, match="at its limit"):
        room.take(size=size, files=files)
    assert (room.bytes_left, room.files_left) == (10, 2)


def test_a_file_gives_its_room_back_once_and_takes_nothing_after_that() -> None:
    """Hard use 2: a thread that still writes for a caller who is gone ends with its next line."""
    room = Room(bytes_left=3 * IN_MEMORY_BYTES, files_left=1)
    with Spooled(room) as found:
        found.write(bytes(IN_MEMORY_BYTES))
        found.write(bytes(IN_MEMORY_BYTES))
        assert (room.bytes_left, room.files_left) == (IN_MEMORY_BYTES, 0)
        with pytest.raises(StateError):
            Spooled(room)
        with pytest.raises(StateError):
            found.write(bytes(IN_MEMORY_BYTES + 1))
        found.file.seek(0)
        assert len(found.file.read()) == 2 * IN_MEMORY_BYTES
    found.close()
    assert (room.bytes_left, room.files_left) == (3 * IN_MEMORY_BYTES, 1)
    with pytest.raises(StateError):
        found.write(b"x")
