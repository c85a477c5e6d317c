"""What threads keep together: the last of it, never more than there is room for, whoever puts at the same time."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from ledger.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 8
PUTS = 20_000


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_what_was_put_first_goes_first() -> None:
    kept = Bounded[str, int](2)
    for name, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        kept.put(name, value)
    assert [kept.get(name) for name in "abc"] == [3, None, 4], (
        "what is put anew is the newest, and takes nobody else's room"
    )


@pytest.mark.usefixtures("hurried")
def test_threads_that_put_at_the_same_time_get_in_nobodys_way() -> None:
    kept, together = Bounded[tuple[int, int], int](THREADS // 2), Barrier(THREADS)

    def put(thread: int) -> int:
        together.wait()
        for number in range(PUTS):
            kept.put((thread, number), number)
            kept.put((0, number), number)  # also what others put and take away
        return PUTS

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(put, range(THREADS))) == [PUTS] * THREADS
    there = [
        found
        for thread in range(THREADS)
        for number in range(PUTS)
        if (found := kept.get((thread, number))) is not None
    ]
    assert len(there) == THREADS // 2
