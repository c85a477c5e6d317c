"""The published log of another registry is read once, before the write lock is taken; and who was quicker meanwhile
is heeded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ledger.registry.pinned import trusted
from ledger.remote.objects import ObjectStore
from ledger.store.abroad import registry_copy
from ledger.store.engine import reading, writing
from ledger.store.logs import latest_head
from ledger.transfers.receive import pin, receive
from ledger.transfers.refresh import refresh
from tests.support.registries.lived_in import code_of
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, BEN, CAT, KG, ONE, TABLES, TWO, Shop, a_shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.store.abroad import RegistryCopy


@dataclass(frozen=True, slots=True)
class Watched(ObjectStore):
    """A place that counts what is read, and lets something else happen before each answer."""

    meanwhile: Callable[[str], object] = str
    reads: Counter[str] = field(default_factory=Counter)

    def read(self, path: str) -> bytes | None:  # type: ignore[explicit-override] # it is there from Python 3.12 on
        self.reads[path] += 1
        self.meanwhile(path)
        return ObjectStore.read(self, path)


def watched(place: ObjectStore, meanwhile: Callable[[str], object]) -> Watched:
    return Watched(place.name, place.store, meanwhile)


@pytest.fixture
def shops(tmp_path: Path, database: str | None) -> tuple[Shop, Shop]:
    """Two registries: Ben has got a mass of Ann's lot from the other one, which has gone on since."""
    clock = Clock()
    one = a_shop(tmp_path, ONE, [ANN, CAT], clock, seed=1)
    two = a_shop(tmp_path, TWO, [BEN], clock, seed=2, database=database)
    pin(two.registry, one.note())
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two, 10 * KG), BEN)
    one.blend("OX-2", "100 kg", by=CAT)
    one.publish()
    return one, two


def kept(shop: Shop, of: Shop) -> RegistryCopy:
    with reading(shop.registry.engine) as connection:
        return registry_copy(connection, of.name)


def writes(shop: Shop) -> None:
    """Take the write lock, as any request that changes something does."""
    with writing(shop.registry.engine) as connection:
        latest_head(connection)


def test_a_renewal_reads_each_object_once_and_keeps_nobody_from_writing(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    before = kept(two, one)
    place = watched(one.place, lambda _: writes(two))
    refresh(two.registry, one.name, place, trust=trusted(two.registry))
    assert set(place.reads.values()) == {1}
    after = kept(two, one)
    assert len(after.lines) == len(before.lines) > 1
    assert after.head != before.head
    assert two.faults() == []


def test_a_second_transfer_reads_the_log_once_and_keeps_nobody_from_writing(shops: tuple[Shop, Shop]) -> None:
    one, two = shops
    lines = one.send("OX-1", ANN, BEN, two, 5 * KG)
    place = watched(one.place, lambda _: writes(two))
    assert receive(two.registry, lines, consignee=BEN, tables=TABLES, log=place).mass_mg == 5 * KG
    assert set(place.reads.values()) == {1}
    assert two.left(BEN) == {"OX-1": 15 * KG}
    assert two.faults() == []


@dataclass
class Quicker:
    """Another process that brings up to date what is kept of a registry, once in each of so many tries, each time
    after one more lot.
    """

    one: Shop
    two: Shop
    times: int

    def __call__(self, path: str) -> None:
        if path == "checkpoint" and self.times:  # what each try reads first
            self.times -= 1
            self.one.blend(f"MORE-{self.times}", "1 kg", by=CAT)
            self.two.refresh(self.one)


@pytest.mark.parametrize(("times", "told"), [(1, "it was done"), (2, "abroad.meanwhile")])
def test_where_another_process_was_quicker_a_renewal_is_made_once_more(
    shops: tuple[Shop, Shop], times: int, told: str
) -> None:
    one, two = shops
    place = watched(one.place, Quicker(one, two, times))
    assert code_of(lambda: refresh(two.registry, one.name, place, trust=trusted(two.registry))) == told
    assert place.reads["checkpoint"] == 2
    assert kept(two, one).head == (one.place.read("checkpoint") or b"").decode()
    assert two.faults() == []


@pytest.mark.parametrize(("times", "told", "left"), [(1, "it was done", 15), (2, "abroad.meanwhile", 10)])
def test_where_another_process_was_quicker_a_transfer_is_taken_in_at_the_second_try(
    shops: tuple[Shop, Shop], times: int, told: str, left: int
) -> None:
    one, two = shops
    lines = one.send("OX-1", ANN, BEN, two, 5 * KG)
    place = watched(one.place, Quicker(one, two, times))
    assert code_of(lambda: receive(two.registry, lines, consignee=BEN, tables=TABLES, log=place)) == told
    assert two.left(BEN) == {"OX-1": left * KG}
    assert two.faults() == []
