"""Issuing: production records become runs with certificates, drawn on what the producer holds, one log entry each.

Rules:

1. Custodial: the producer's key is held here.  Resolve, compute, draw, seal, log: all in one writing transaction.
2. Many records share a commit; each stands alone, and one that is refused changes nothing and keeps no other back.  A
   record that uses what an earlier one makes goes into a later commit, since its input must be in the log before.
3. The same record again gets the first answer, unless that was corrected or undone since; another record for a lot that exists
   is refused.
4. A certificate that isn't logged within a week of its signing is void.

What this module does not do: it computes nothing (`ledger.drafting.draft`) and reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from ledger.issuing.prepare import Bench, Ready, request_digest
from ledger.lots.certificates import opened
from ledger.lots.energy_instruments import keys_of
from ledger.lots.issuance import IssuedText
from ledger.registry.commits import Prepared, in_commits
from ledger.registry.proofs import Proofs
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.logs import head_above, last_heads
from ledger.store.lots import issued_requests
from ledger.store.reading import certificates_of, successor_of
from ledger.store.reading import record as stored_record
from schemas.document import gc_paused
from schemas.lot import normal_lot
from schemas.problem import OreprintError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.plausibility.rules import Breach
    from ledger.registry.append import Logged, Slot
    from ledger.registry.commits import Note, Noted, Told
    from ledger.registry.registry import OpenRegistry
    from ledger.store.reading import StoredHead
    from schemas.bundle import Proof
    from schemas.record import ProductionRecord


@dataclass(frozen=True, slots=True)
class IssuedRun:
    """What became of a record: the certificates of its outputs, and one log entry that proves all of them.

    `proof` works out the entry's place and its path to `head`.  `unchanged` if the record had been issued before;
    `findings` are flags that don't stand in the way.
    """

    issuance: bytes
    certificates: tuple[IssuedText, ...]
    head: StoredHead
    proof: Callable[[], Proof]
    unchanged: bool = False
    findings: tuple[Breach, ...] = ()


Outcome = IssuedRun | OreprintError


def issue(registry: OpenRegistry, records: Sequence[ProductionRecord], *, tables: FactorTables) -> list[Outcome]:
    """Issue each record, or say why not: one outcome a record, in their order; what is issued is durable.

    A refusal is `issue.*`, `holding.*`, or what `ledger.drafting.draft` refuses.

    Raises:
        StateError: as `ledger.registry.append.append`; ask again, and records that were issued get their answer.

    """
    return cast("list[Outcome]", _issued(registry, [(record, None) for record in records], tables))  # none was noted


def issue_requests(
    registry: OpenRegistry, asked: Sequence[tuple[ProductionRecord, Note[IssuedRun]]], *, tables: FactorTables
) -> list[Told]:
    """Issue as `issue` does, and keep what the door notes.

    Raises:
        StateError: as `issue`.

    """
    return cast("list[Told]", _issued(registry, asked, tables))  # all were noted


def _issued(
    registry: OpenRegistry, asked: Sequence[Noted[ProductionRecord, IssuedRun]], tables: FactorTables
) -> list[IssuedRun | Told]:
    def prepare(
        connection: Connection, slot: Slot, records: Sequence[ProductionRecord]
    ) -> list[Prepared[IssuedRun] | OreprintError]:
        bench = Bench.begin(registry, connection, tables, records, now_ms=slot.now_ms)
        requests = list(map(request_digest, records))
        known = issued_requests(connection, requests)
        return [
            _attempt(bench, record, request)
            if request not in known
            else answer_again(registry, connection, known[request])
            for record, request in zip(records, requests, strict=True)
        ]

    with gc_paused():
        return in_commits(registry, asked, prepare, keys=_made_and_used)


def _made_and_used(record: ProductionRecord) -> tuple[set[object], set[object]]:
    outputs = {normal_lot(output.lot) for output in record.outputs}
    named = {normal_lot(item.lot) for item in record.inputs if item.lot is not None}
    statements = set(keys_of(record))
    return {*outputs, *statements}, {*outputs, *named, *statements}


def _attempt(bench: Bench, record: ProductionRecord, request: bytes) -> Prepared[IssuedRun] | OreprintError:
    try:
        return prepared(bench.make_ready(record, request))
    except OreprintError as refusal:
        return refusal


def prepared(ready: Ready) -> Prepared[IssuedRun]:
    """Return what is to be logged of an issuance, with what is told of it then."""

    def made(logged: Logged) -> IssuedRun:
        proof = partial(logged.proof, ready.issuance)
        return IssuedRun(ready.issuance, ready.certificates, logged.head, proof, findings=ready.findings)

    return Prepared(ready.request, made)


def unchanged(before: IssuedRun) -> Prepared[IssuedRun]:
    """Return what is told of an issuance that is logged already."""
    return Prepared((), lambda _: before)


def answer_again(
    registry: OpenRegistry, connection: Connection, issuance: bytes
) -> Prepared[IssuedRun] | OreprintError:
    """Return what a record was answered with before, or why that no longer stands (rule 3)."""
    later = successor_of(connection, issuance)
    if later is None:
        return unchanged(issued_before(registry, connection, issuance))
    lot = opened(certificates_of(connection, issuance)[0].row.jws).record.batch.lot
    while later.kind != "undo":
        after = successor_of(connection, later.digest)
        if after is None:
            latest = certificate_digest_text(certificates_of(connection, later.digest)[0].row.digest)
            return RefusedError.at("issue.corrected", "outputs", lot=lot, certificate=latest)
        later = after
    return RefusedError.at("issue.lot-undone", "outputs", lot=lot)


def issued_before(registry: OpenRegistry, connection: Connection, issuance: bytes) -> IssuedRun:
    """Return what an issuance was answered with when it was logged (rule 3), proven to today's head."""
    certificates = tuple(
        IssuedText(
            opened(each.row.jws).record.batch.lot, certificate_digest_text(each.row.digest), each.row.id, each.text
        )
        for each in certificates_of(connection, issuance)
    )
    head = head_above(last_heads(connection), stored_record(connection, issuance).entry)
    return IssuedRun(issuance, certificates, head, lambda: prove(registry, issuance, head=head), unchanged=True)


def prove(registry: OpenRegistry, digest: bytes, *, head: StoredHead) -> Proof:
    """Return the place of the record `digest`, proven to a head of its log; raise MissingError if there is none."""
    with reading(registry.engine) as connection:
        return Proofs(connection, [head]).of(stored_record(connection, digest).entry)
