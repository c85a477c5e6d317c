"""After a fault: the registry is opened by the normal path, everything that was tried is asked for again, and all is
recomputed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ledger.audit.everything import audit
from ledger.issuing.issue import IssuedRun, issue
from ledger.log.head import open_head
from ledger.log.merkle import root
from ledger.store.engine import reading
from ledger.store.logs import latest_head, tile_hashes
from schemas.problem import OreprintError
from tests.faults.counted import Counts
from tests.faults.place import parsed
from tests.support.http.server import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.issuing.issue import Outcome
    from ledger.registry.registry import OpenRegistry
    from tests.faults.place import Place


class Acknowledged(NamedTuple):
    """What somebody was told: a lot, and the digest of its certificate."""

    lot: str
    digest: str


AGAIN = {"holding.too-little", "holding.mark-used"}
"""How a record may be refused that was tried: the lot it would draw upon was taken by another."""


def inspected(
    place: Place, tried: list[dict[str, object]], told: Iterable[Acknowledged], heads: Iterable[str] = ()
) -> Counts:
    """Return what became of it all: of what was `tried` some was `told`, and `heads` are notes that were seen
    before.
    """
    told = list(told)
    registry = place.open()
    try:
        outcomes = issue(registry, parsed(tried), tables=tables())
        inconsistent = _inconsistent(registry, heads)
    finally:
        registry.engine.dispose()
    there = {
        (each.lot, each.digest): made.unchanged
        for made in outcomes
        if isinstance(made, IssuedRun)
        for each in made.certificates
    }
    found = audit(place.home, tables=tables(), progress=lambda *_: None)
    return Counts(
        runs=1,
        acknowledged=len(told),
        lost=sum(not there.get(each, False) for each in told),
        oversold=_oversold(tried, outcomes),
        inconsistent=inconsistent,
        faults=len(found.faults) + (not found.whole),
        undone=sum(isinstance(each, OreprintError) and each.code not in AGAIN for each in outcomes),
    )


def _oversold(tried: list[dict[str, object]], outcomes: list[Outcome]) -> int:
    """Return how many lots were drawn upon by more than one record that stands: each takes more than half."""
    draws = Counter(
        str(taken["lot"])
        for record, made in zip(tried, outcomes, strict=True)
        if isinstance(made, IssuedRun)
        for taken in record["inputs"]  # type: ignore[attr-defined]
    )
    return sum(count > 1 for count in draws.values())


def _inconsistent(registry: OpenRegistry, heads: Iterable[str]) -> int:
    """Return how many heads don't fit the log as it is: the kept one must be its newest, and earlier ones its
    beginnings.
    """
    with reading(registry.engine) as connection:
        newest = latest_head(connection)
        hashes = tile_hashes(connection, newest.size)
        seen = [open_head(note, registry.log) for note in {*heads, newest.note}]
        wrong = sum(head.size > newest.size or root(hashes, head.size) != head.root for head in seen)
    return wrong + (registry.heads.read() != newest.note)
