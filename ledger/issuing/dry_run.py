"""A rehearsal: what would become of records if they were issued now, one after another; nothing is signed, drawn or logged.

Rules: all of it is judged by the code that issues (`ledger.issuing.prepare`), on one snapshot of the database.  What a record would make is there for
those after it, as if it were in the log; of lots that nobody names only is kept that they exist.  Whatever others do between a
rehearsal and the issue may still have a record refused then.

What this module does not do: it promises nothing, and holds nothing for anybody.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.issuing.issue import answer_again
from ledger.issuing.prepare import Bench, opened, request_digest
from ledger.lots.issuance import lots_made
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.lots import issued_requests
from schemas.lot import normal_lot

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ledger.drafting.draft import Draft
    from ledger.factors.tables import FactorTables
    from ledger.issuing.prepare import Ready
    from ledger.plausibility.rules import Finding
    from ledger.registry.registry import OpenRegistry
    from schemas.record import ProductionRecord

_SIGNATURE_BYTES: Final = 64


class Unsigned(NamedTuple):
    """A key that signs nothing: its signatures are zeros."""

    kid: str

    def sign(self, _message: bytes) -> bytes:
        """Return what stands where a signature would."""
        return bytes(_SIGNATURE_BYTES)


class Foreseen(NamedTuple):
    """What would be sealed of a record, and every flag that issuing it would tell."""

    draft: Draft
    findings: tuple[Finding, ...]


@contextmanager
def rehearsal(
    registry: OpenRegistry, *, tables: FactorTables, named: Collection[str]
) -> Iterator[Callable[[ProductionRecord], Foreseen | None]]:
    """Give what tells of one record after another what would be sealed of it: None where it is issued already.

    `named` are the lots, in normal form, that any of the records uses.  What it gives raises what `ledger.issuing.issue` would refuse a record with.

    Raises:
        StateError: `store.unreadable`.

    """
    with reading(registry.engine, long=True) as connection:
        yield _Rehearsal(Bench.begin(registry, connection, tables, (), now_ms=registry.runtime.now_ms()), named).made_of


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    bench: Bench
    named: Collection[str]
    _requests: set[bytes] = field(default_factory=set)

    def made_of(self, record: ProductionRecord) -> Foreseen | None:
        bench, request = self.bench, request_digest(record)
        if request in self._requests:
            return None
        known = issued_requests(bench.connection, [request])
        if known:
            answer_again(bench.registry, bench.connection, known[request])
            return None
        bench.look_up([record])
        bench.check(record)
        bench.signers[record.producer] = Unsigned(bench.signers[record.producer].kid)
        plan = bench.plan(record)
        ready = bench.draw(record, plan, request)
        self._have(ready)
        self._requests.add(request)
        return Foreseen(plan.draft, ready.findings)

    def _have(self, ready: Ready) -> None:
        """Have what a record would make, for those after it."""
        bench = self.bench
        for made, jws in lots_made(ready.request):
            lot = made.lot
            bench.lots[lot.facility, lot.lot_normal] = lot
            said = opened(jws).record.instrument if lot.kind == "electricity" and jws else None
            if said is not None:
                bench.statements.put(said.key, lot)
            if said is not None or lot.lot_normal in self.named:
                bench.stock.put(made, jws)
        for each in ready.certificates:
            if normal_lot(each.lot) in self.named:
                bench.gains.put(open_certificate(each.text))
