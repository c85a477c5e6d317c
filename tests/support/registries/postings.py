"""Postings that say nothing but their number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.registry.append import Posting, append

if TYPE_CHECKING:
    from ledger.registry.registry import HeadStore, OpenRegistry
    from tests.support.registries.registry import Registry


def digest(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def posting(name: object) -> Posting:
    return Posting("withdraw", digest(f"record {name}"), str(name).encode(), marks=(digest(name),))


def log(opened: Registry, names: range) -> None:
    with append(opened.opened) as transaction:
        logged = transaction.log_each([(posting(name),) for name in names])
    assert set(logged.refused) == {None}


@dataclass
class BusyHeads:
    """A store of heads in which another writer has signed one more whenever it is read; `signed` counts them."""

    registry: OpenRegistry
    signed: int = 0
    under: HeadStore = field(init=False)

    def __post_init__(self) -> None:
        self.under = self.registry.heads
        self.where, self.begin, self.advance = self.under.where, self.under.begin, self.under.advance
        self.check_room = self.under.check_room

    def read(self) -> str:
        self.signed += 1
        with append(self.registry) as transaction:
            transaction.log_each([(posting(f"meanwhile {self.signed}"),)])
        return self.under.read()


def busy(registry: OpenRegistry) -> OpenRegistry:
    """Return a registry as one sees it who looks while others sign."""
    return replace(registry, heads=BusyHeads(registry))
