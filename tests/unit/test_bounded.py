"""What threads keep together: the last of it, never more than there is room for, whoever puts at the same time."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from ledger.files.cache import Bounded, Fill, fills

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 8
PUTS = 20_000
PACKAGES = ("schemas", "ledger", "api")
CLOSED = {
    "ledger.chemistry.stoichiometry.anode_carbon_floor": "chemical elements; of others there is no answer",
    "ledger.chemistry.stoichiometry.electrolysis_floor": "chemical elements; of others there is no answer",
    "ledger.store.abroad._foreign": "names of columns in the code",
    "ledger.store.logs._tiles": "powers of two",
    "ledger.store.lots._open_offers": "names of columns in the code",
}
"""Functions that keep the answers to all texts and numbers they are asked for, each with the reason why these are few.
"""


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


def test_what_is_kept_never_weighs_more_than_it_may() -> None:
    """Hard use 15: a cache that is bounded by bytes, not by entries."""
    kept = Bounded[str, bytes](10, weigh=len)
    for name, size in (("a", 4), ("b", 4), ("c", 4)):
        kept.put(name, bytes(size))
    assert [kept.get(name) is not None for name in "abc"] == [False, True, True]
    kept.put("b", bytes(6))
    assert [kept.get(name) is not None for name in "abc"] == [False, True, True], "the lighter one made room"
    kept.put("c", bytes(11))
    assert [kept.get(name) is not None for name in "abc"] == [False, True, False], "too heavy to be kept at all"
    kept.put("d", bytes(4))
    assert [kept.get(name) is not None for name in "bd"] == [True, True]


def test_a_named_cache_tells_how_full_it_is() -> None:
    kept = Bounded[str, bytes](10, name="a test's own", weigh=len)
    kept.put("a", bytes(4))
    assert Fill("a test's own", 4, 10, in_bytes=True) in list(fills())


def test_no_cached_function_grows_without_end() -> None:
    """Issue 34, 26: a function that keeps all answers has few that it may be asked, and this list says why."""
    for package in PACKAGES:
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if ".migrations" not in module.name:  # which alembic alone can run
                import_module(module.name)
    endless = {each.name for each in fills(*PACKAGES) if each.most is None}
    assert {name for name in endless if _is_asked_with_values(name)} == set(CLOSED)


def _is_asked_with_values(name: str) -> bool:
    """Return whether a function takes texts or numbers, and not only types and tables of the code."""
    module, _, function = name.rpartition(".")
    asked = signature(getattr(import_module(module), function)).parameters.values()
    return any({"str", "int"} & set(re.findall(r"\w+", str(each.annotation))) for each in asked)


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
