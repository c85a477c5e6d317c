"""Issuing: production records become runs with certificates, drawn on what the producer holds, one log entry each.

Rules:

1. Custodial: the producer's key is held here.  Resolve, compute, draw, seal, log: all in one writing transaction.
2. Many records share a commit; each stands alone, and one that is refused changes nothing and keeps no other back.  A
   record that uses what an earlier one makes goes into a later commit, since its input must be in the log before.
3. What the door keeps of a request, its answer and its event, is kept in the commit that has its effect.  A key that was answered
   before has no further effect.
4. The same record again gets the first answer, unless that was corrected or undone since; another record for a lot that exists
   is refused.
5. A certificate that isn't logged within a week of its signing is void.

What this module does not do: it computes nothing (`ledger.footprint.draft`) and reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from ledger.answers import Answer, Done, answered, keep
from ledger.append import append
from ledger.instruments import keys_of
from ledger.issuance import IssuedCertificate
from ledger.ready import Bench, Ready, opened, request_digest
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.store.engine import reading
from ledger.store.lots import issued_requests
from ledger.store.reading import certificates_of, entry, inclusion, latest_head, successor_of
from ledger.store.reading import record as stored_record
from schemas.bundle import Proof
from schemas.document import uncollected
from schemas.lot import normal_lot
from schemas.problem import OreprintError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ledger.answers import Asked
    from ledger.append import Logged, Request, Slot
    from ledger.book import Book
    from ledger.footprint.draft import Draft
    from ledger.footprint.factors import FactorTables
    from ledger.footprint.rules import Finding
    from ledger.store.desk import EventRow
    from ledger.store.reading import StoredHead
    from schemas.record import ProductionRecord

RECORDS_A_COMMIT: Final = 256
"""Records of one commit: its fsync is shared by so many that it no longer counts, and others wait less than a second."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of a record: the certificates of its outputs, and one log entry that proves all of them.

    `proof` works out the entry's place and its path to `head`.  `unchanged` if the record had been issued before;
    `findings` are flags that don't stand in the way.
    """

    issuance: bytes
    certificates: tuple[IssuedCertificate, ...]
    head: StoredHead
    proof: Callable[[], Proof]
    unchanged: bool = False
    findings: tuple[Finding, ...] = ()


Outcome = Issued | OreprintError
Told = Answer | OreprintError
"""An outcome as the door tells it."""


class Note(NamedTuple):
    """What the door keeps of a request (rule 3): the event of its outcome, and its answer, under a key where it has one."""

    event: Callable[[Outcome], EventRow]
    answer: Callable[[Issued], Answer]
    asked: Asked | None


Item = TypeVar("Item")
Noted: TypeAlias = tuple[Item, Note | None]
"""What is asked for, and what the door keeps of it, if it was asked at the door."""


def issue(book: Book, records: Sequence[ProductionRecord], *, tables: FactorTables) -> list[Outcome]:
    """Issue each record, or say why not: one outcome a record, in their order; what is issued is durable.

    A refusal is `issue.*`, `holding.*`, or what `ledger.footprint.draft` refuses.

    Raises:
        StateError: as `ledger.append.append`; ask again, and records that were issued get their answer.

    """
    told = _issued(book, [(record, None) for record in records], tables)
    return [each for each in told if not isinstance(each, Answer)]


def issue_noted(book: Book, asked: Sequence[tuple[ProductionRecord, Note]], *, tables: FactorTables) -> list[Told]:
    """Issue as `issue` does, and keep what the door notes.

    Raises:
        StateError: as `issue`.

    """
    return [each for each in _issued(book, asked, tables) if not isinstance(each, Issued)]


def dry_run(book: Book, record: ProductionRecord, *, tables: FactorTables) -> Draft:
    """Return what would be sealed of a record, its inputs looked up; nothing is changed.

    Raises:
        OreprintError: what `issue` would refuse it with.

    """
    with reading(book.engine) as connection:
        bench = Bench.begin(book, connection, tables, [record], now_ms=book.around.now_ms())
        bench.check(record)
        return bench.plan(record).draft


def _issued(
    book: Book, asked: Sequence[Noted[ProductionRecord]], tables: FactorTables
) -> list[Issued | Answer | OreprintError]:
    def prepare(connection: Connection, slot: Slot, records: Sequence[ProductionRecord]) -> list[Ready | Outcome]:
        bench = Bench.begin(book, connection, tables, records, now_ms=slot.now_ms)
        requests = list(map(request_digest, records))
        known = issued_requests(connection, requests)
        prepared: list[Ready | Outcome] = []
        for record, request in zip(records, requests, strict=True):
            before = known.get(request)
            prepared.append(
                _attempt(bench, record, request) if before is None else _answer_again(book, connection, before)
            )
        if any(isinstance(each, Ready) for each in prepared):
            bench.places.save()
        return prepared

    with uncollected():
        return [each for group in groups(asked, _made_and_used) for each in together(book, group, prepare)]


def _made_and_used(record: ProductionRecord) -> tuple[set[object], set[object]]:
    outputs = {normal_lot(output.lot) for output in record.outputs}
    named = {normal_lot(item.lot) for item in record.inputs if item.lot is not None}
    statements = set(keys_of(record))
    return {*outputs, *statements}, {*outputs, *named, *statements}


def _attempt(bench: Bench, record: ProductionRecord, request: bytes) -> Ready | OreprintError:
    try:
        return bench.make_ready(record, request)
    except OreprintError as refusal:
        return refusal


# -- many in one commit ------------------------------------------------------------------------------------------------


def groups(
    asked: Sequence[Noted[Item]], keys: Callable[[Item], tuple[set[object], set[object]]]
) -> list[list[Noted[Item]]]:
    """Return what is asked for in groups that may share a commit: none uses or repeats what another one of its group makes (rule 2).

    `keys` tells what an item makes, and all that it makes or uses.  A key of the door is something that is made.
    """
    found: list[list[Noted[Item]]] = []
    there: set[object] = set()
    for item, note in asked:
        made, used = keys(item)
        if note is not None and note.asked is not None:
            made.add(note.asked.place)
            used.add(note.asked.place)
        if not found or len(found[-1]) == RECORDS_A_COMMIT or not there.isdisjoint(used):
            found.append([])
            there = set()
        found[-1].append((item, note))
        there |= made
    return found


def together(
    book: Book,
    asked: Sequence[Noted[Item]],
    prepare: Callable[[Connection, Slot, Sequence[Item]], Sequence[Ready | Outcome]],
) -> list[Issued | Answer | OreprintError]:
    """Issue a group in one commit: `prepare` makes ready those whose key has no answer yet, and says of the others what became of them.

    Of what was noted the answer is returned.
    """
    prepared: list[Ready | Outcome | Answer] = []
    told: list[Issued | Answer | OreprintError] = []

    def begin(connection: Connection, slot: Slot) -> list[Request]:
        before = [answered(connection, note.asked) if note and note.asked else None for _, note in asked]
        new = [item for (item, _), known in zip(asked, before, strict=True) if known is None]
        made = iter(prepare(connection, slot, new))
        prepared.extend(next(made) if known is None else known for known in before)
        return [each.request for each in prepared if isinstance(each, Ready)]

    def close(connection: Connection, logged: Logged) -> None:
        refused, done = iter(logged.refused), []
        for each, (_, note) in zip(prepared, asked, strict=True):
            outcome = _outcome(each, logged, next(refused)) if isinstance(each, Ready) else each
            if note is not None and not isinstance(outcome, Answer):
                event = note.event(outcome)
                if isinstance(outcome, Issued):
                    outcome = note.answer(outcome)
                    done.append(Done(event, note.asked, outcome))
                else:
                    done.append(Done(event))
            told.append(outcome)
        keep(connection, done, now_ms=book.around.now_ms())

    append(book, begin, close)
    return told


def _outcome(ready: Ready, logged: Logged, refusal: RefusedError | None) -> Outcome:
    if refusal is not None:
        return refusal
    digest = ready.issuance
    return Issued(digest, ready.certificates, logged.head, lambda: logged.proof(digest), findings=ready.findings)


def _answer_again(book: Book, connection: Connection, issuance: bytes) -> Outcome:
    """Return what a record was answered with before, or why that no longer stands (rule 4)."""
    later = successor_of(connection, issuance)
    if later is None:
        return issued_before(book, connection, issuance)
    lot = opened(certificates_of(connection, issuance)[0].row.jws).record.batch.lot
    while later.kind != "undo":
        after = successor_of(connection, later.digest)
        if after is None:
            latest = certificate_digest_text(certificates_of(connection, later.digest)[0].row.digest)
            return RefusedError.at("issue.corrected", "outputs", lot=lot, certificate=latest)
        later = after
    return RefusedError.at("issue.lot-undone", "outputs", lot=lot)


def issued_before(book: Book, connection: Connection, issuance: bytes) -> Issued:
    """Return what an issuance was answered with when it was logged (rule 4), proven to today's head."""
    certificates = tuple(
        IssuedCertificate(
            opened(each.row.jws).record.batch.lot, certificate_digest_text(each.row.digest), each.row.id, each.text
        )
        for each in certificates_of(connection, issuance)
    )
    head = latest_head(connection)
    return Issued(issuance, certificates, head, lambda: prove(book, issuance, size=head.size), unchanged=True)


def prove(book: Book, digest: bytes, *, size: int) -> Proof:
    """Return the place of the record `digest`, proven to the head of `size` entries; raise MissingError if there is none."""
    with reading(book.engine) as connection:
        index = stored_record(connection, digest).entry
        path = inclusion(connection, index=index, size=size)
        return Proof(entry=to_base64url(entry(connection, index)), index=index, path=tuple(map(to_base64url, path)))
