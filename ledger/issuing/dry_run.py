"""A rehearsal: what would become of records if they were issued now, one after another.

Nothing is signed, drawn or logged.

Rules: all of it is judged by the code that issues (`ledger.issuing.prepare`), on one snapshot of the database. What a
record would make is there for those after it, as if it were in the log; of lots that nobody names only is kept that
they exist, and of runs nothing: so its memory hardly grows with the number of records. Whatever others do between a
rehearsal and the issue may still have a record refused then. A dry run reserves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.drafting.draft import Draft, Upstream
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import PublishedFacts
from ledger.issuing.accept import Accepted
from ledger.issuing.issue import answer_again, made_and_used
from ledger.issuing.prepare import IssueSession, request_digest
from ledger.lots.certificates import opened
from ledger.lots.issuance import lots_made
from ledger.plausibility.rules import Breach
from ledger.registry.registry import OpenRegistry, RegistrySnapshot, newest_key, snapshot
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.lots import issued_requests
from schemas.lot import normal_lot
from schemas.problem import RefusedError
from schemas.record import ProductionRecord

_SIGNATURE_BYTES: Final = 64


class Unsigned(NamedTuple):
    """A key that signs nothing: its signatures are zeros."""

    kid: str

    def sign(self, _message: bytes) -> bytes:
        """Return what stands where a signature would."""
        return bytes(_SIGNATURE_BYTES)


class Foreseen(NamedTuple):
    """The draft of a record, and every flag that issuing it would report."""

    draft: Draft
    findings: tuple[Breach, ...]


def draft_of(
    registry: OpenRegistry, record: ProductionRecord, tables: FactorTables
) -> tuple[Draft, list[Upstream], dict[str, PublishedFacts]]:
    """Return the draft of a record, its inputs found in a registry, and the earlier records that its claims name.

    Raises:
        RefusedError: `issue.not-your-plant`, and the refusals of the draft; StateError: `store.unreadable`.
    """
    with snapshot(registry) as seen:
        session = IssueSession.begin(seen, tables, [record])
        session.signer_of = partial(_unsigned, seen.connection)  # who computes needs no key, whatever is entered first
        plan = session.plan(record, session.registrar.plant(record.producer, record.facility))
        earlier = session.earlier(record)
    return plan.draft, [Upstream(use.upstream.record, use.identity) for use in plan.holdings], earlier


def _unsigned(connection: Connection, did: str) -> Unsigned:
    """Return what stands for a party's newest key, wherever that is kept."""
    key = newest_key(connection, did)
    if key is None:
        raise RefusedError.at("issue.no-key", "producer", producer=did)
    return Unsigned(key.kid)


@contextmanager
def unsigned_session(
    registry: OpenRegistry, tables: FactorTables, records: Sequence[ProductionRecord] = ()
) -> Iterator[IssueSession]:
    """Give a session on a snapshot, which judges as issuing does and whose signatures are zeros.

    Raises:
        StateError: `store.unreadable`.
    """
    with reading(registry.engine, long=True) as connection:
        seen = RegistrySnapshot(registry, connection, registry.runtime.now_ms())
        session = IssueSession.begin(seen, tables, records)
        sign = session.signer_of
        session.signer_of = lambda did: Unsigned(sign(did).kid)
        yield session


@contextmanager
def rehearsal(
    registry: OpenRegistry, *, tables: FactorTables, used: Collection[object]
) -> Iterator[Callable[[ProductionRecord], Foreseen | None]]:
    """Give what tells of one record after another what would be sealed of it: None where it is issued already.

    `used` is what any of the records uses (`ledger.issuing.issue.used_by`).  What it gives raises what
    `ledger.issuing.issue` would refuse a record with.

    Raises:
        StateError: `store.unreadable`.
    """
    with unsigned_session(registry, tables) as session:
        yield _Rehearsal(session, used).made_of


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    session: IssueSession
    used: Collection[object]
    _requests: set[bytes] = field(default_factory=set)

    def made_of(self, record: ProductionRecord) -> Foreseen | None:
        """Return the certificates that issuing a record would make; None if it was issued or rehearsed before."""
        request = request_digest(record)
        if request in self._requests:
            return None
        registrar = self.session.registrar
        issued = issued_requests(registrar.connection, [request])
        if issued:
            answer_again(registrar.registry, registrar.connection, issued[request])
            return None
        self.session.look_up([record])
        draft, accepted = self.session.prepare(record, request)
        self._have(record, accepted)
        self._requests.add(request)
        self.session.settle()
        return Foreseen(draft, accepted.findings)

    def _have(self, record: ProductionRecord, accepted: Accepted) -> None:
        """Register the run and the lots that a record would create, so that later records can use them."""
        registrar, submission = self.session.registrar, accepted.submission
        if not made_and_used(record)[0].isdisjoint(self.used):
            certificates = [(each.digest_text, each.jws) for each in submission.certificates.values()]
            registrar.memory.named.put(submission.whole, submission.remembered, certificates)
        for made, jws in lots_made(accepted.postings):
            lot = made.lot
            registrar.lots[lot.facility, lot.lot_normal] = lot
            said = opened(jws).record.instrument if lot.kind == "electricity" and jws else None
            if said is not None:
                registrar.statements.put(said.key, lot)
            if said is not None or lot.lot_normal in self.used:
                registrar.stock.put(made, jws)
        for each in submission.issued:
            if normal_lot(each.lot) in self.used:
                self.session.gains.put(open_certificate(each.text))
