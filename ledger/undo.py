"""Undoing a run while nothing of it has left the plant: every input comes back, and its certificates are revoked.

Rules:

1. All holdings that the run created are unused, whole, and wait for nobody; the undo uses every one of them, and the issuance's
   successor, so it happens once and never beside a correction.
2. Each input gets its mass back as one new holding of the producer's, of the batch that it was taken from.
3. The latest certificates of the run are revoked in the same entry, and the lists that carry the bits are published at once.
4. A lot's name stands for one batch for ever: the run that comes instead names its lots anew, such as ``ME-31-2``.

What this module does not do: undoing what was withdrawn (what it would give back is frozen), or a run without a certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.append import Posting, append
from ledger.holdings.drawing import MOST_STEPS, Held
from ledger.holdings.mark import commitment, holding_text, mark, statement_digest, successor
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.lineage import lineage
from ledger.log.entry import Purpose, StatusBit
from ledger.publish import publish_status
from ledger.seal.digest import to_base64url
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import seal_statement
from ledger.stock import holding_row
from ledger.store import schema
from ledger.store.lots import lots_named, lots_of_issuance, offered, undoable_runs
from ledger.store.parties import facilities
from ledger.store.reading import certificate, certificates_of, holding, holdings_created
from ledger.store.writing import drop_offers
from ledger.withdraw import ended, own_lot
from schemas.holding import Holder, Part, Use
from schemas.instant import instant_text, whole_second
from schemas.lot import normal_lot
from schemas.problem import MissingError, RefusedError
from schemas.quantity import kg_text
from schemas.statement import Undo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ledger.append import Request, Slot
    from ledger.book import Book
    from ledger.seal.sdjwt import OpenRun
    from ledger.seal.signer import SoftwareSigner
    from ledger.store.lots import StoredLot
    from ledger.store.reading import StoredCertificate
    from ledger.store.rows import HoldingRow
    from schemas.run import Source


class Returned(NamedTuple):
    """What an input got back: its lot, and the new holding."""

    lot: str
    held: Held


class _Back(NamedTuple):
    """The holding that an input was, the text of the one that comes back for it, and the lot of both."""

    was: HoldingRow
    text: str
    lot: StoredLot

    def returned(self, creator: bytes) -> Returned:
        """Return what the undo of this record digest gives back."""
        was = self.was
        new = Held(commitment(self.text), self.text, creator, was.commitment, was.mass_mg, was.steps + 1)
        return Returned(self.lot.lot, new)


class Undone(NamedTuple):
    """A run that was undone: its lots, the certificates revoked, what came back, and the statement as signed."""

    run: str
    lots: tuple[str, ...]
    certificates: tuple[str, ...]
    returned: tuple[Returned, ...]
    statement: str


def undo(book: Book, name: str, *, producer: str, status: SoftwareSigner) -> Undone:
    """Undo the run that made a lot (as printed, or a certificate's digest), or the run of this name.

    Raises:
        MissingError: `life.run-unknown`.
        RefusedError: `life.used`, `life.others`, `life.offered`, `life.undone`, `life.withdrawn`, `life.suspended`, `life.uncertified`,
            `life.not-issuer`, `holding.path-long`, `issue.no-key`.

    """
    made: list[Undone] = []

    def prepare(connection: Connection, slot: Slot) -> list[Request]:
        found = _lot(connection, producer, name)
        lots = lots_of_issuance(connection, found.issuance)
        latest = _latest(connection, lots)
        held = _whole(connection, lots, producer=producer, now_ms=slot.now_ms)
        drop_offers(connection, [each.commitment for each in held])  # those that ran out
        undone, posting = _undo(book, connection, latest, held, now_ms=slot.now_ms)
        made.append(undone)
        return [(posting,)]

    append(book, prepare).raise_refusal()
    # A crash here: it is undone, and the lists don't show it yet; the next `publish_status` finds them changed.
    publish_status(book, signer=status, public=status.public)
    return made[0]


def _lot(connection: Connection, producer: str, name: str) -> StoredLot:
    """Return a lot of the run that is meant: by a lot's name, a certificate's digest, or the run's own name."""
    if name.startswith("zQm") and len(name) == 47:
        return own_lot(connection, producer, name)
    plants = facilities(connection)
    lots = [lot for lot in lots_named(connection, normal_lot(name)) if plants[lot.facility][0] == producer]
    if not lots:
        lots = [
            lots_of_issuance(connection, issuance)[0]
            for issuance, digest in undoable_runs(connection, producer)
            if _run(certificate(connection, digest)).value.run == name
        ]
    if not lots:
        raise MissingError.at("life.run-unknown", name=name, producer=producer)
    if len(lots) > 1:
        raise RefusedError.at("holding.ambiguous", lot=name)
    return lots[0]


def _latest(connection: Connection, lots: Sequence[StoredLot]) -> list[StoredCertificate]:
    """Return the certificates to be revoked: those of the last issuance, all of whose lots still stand."""
    certified = [lot for lot in lots if lot.certificate is not None]
    if not certified:
        raise RefusedError.at("life.uncertified")
    known = [lineage(connection, lot) for lot in certified]
    for each in known:
        each.check_changeable()
    return certificates_of(connection, known[0].issuances[-1])


def _whole(connection: Connection, lots: Sequence[StoredLot], *, producer: str, now_ms: int) -> list[HoldingRow]:
    """Return the holdings of all lots of a run, whole and at hand (rule 1)."""
    held = holdings_created(connection, lots[0].issuance)
    waiting = offered(connection, [row.commitment for row in held], now_ms=now_ms)
    for lot, row in zip(lots, held, strict=True):
        if row.used is not None:
            raise RefusedError.at("life.used", lot=lot.lot)
        if row.owner != producer:
            raise RefusedError.at("life.others", lot=lot.lot, owner=row.owner)
        if row.commitment in waiting:
            raise RefusedError.at("life.offered", lot=lot.lot)
    return held


def _run(stored: StoredCertificate) -> OpenRun:
    run = open_certificate(stored.text).run
    if run is None:
        raise MissingError.at("store.record-missing")
    return run


def _undo(
    book: Book, connection: Connection, latest: Sequence[StoredCertificate], held: Sequence[HoldingRow], *, now_ms: int
) -> tuple[Undone, Posting]:
    """Return the signed undo of a run with its certificates as they are now, and what is to be logged."""
    run, issuance = _run(latest[0]), latest[0].issuance.digest
    producer = run.value.producer
    signer = book.signers.get(producer)
    if signer is None:
        raise RefusedError.at("issue.no-key", producer=producer)
    back = [_back(book, connection, each.source) for each in run.inputs if each is not None and each.source is not None]
    said = Undo(
        oreprint="undo/1",
        registry=book.registry,
        issuance=to_base64url(issuance),
        uses=tuple(Use(creator=to_base64url(row.creator), holding=row.text) for row in held),
        returns=tuple(
            Part(mass_kg=kg_text(each.was.mass_mg), holding=to_base64url(commitment(each.text))) for each in back
        ),
        ends=tuple(ended(each.row) for each in latest),
        not_logged_after=instant_text(whole_second(now_ms + TIME_TO_LOG_MS)),
    )
    jws = seal_statement(said, signer=signer)
    returned = [each.returned(statement_digest(jws)) for each in back]
    holder = Holder(owner=producer, registry=book.registry)
    posting = Posting(
        "undo",
        statement_digest(jws),
        jws.encode(),
        marks=(*(mark(row.creator, row.text) for row in held), successor(issuance)),
        uses=tuple(row.commitment for row in held),
        bits=tuple(StatusBit(end.list, end.index, Purpose.REVOCATION, 1) for end in said.ends),
        rows=tuple(
            (schema.HOLDINGS, holding_row(each.held, one.lot, holder)) for one, each in zip(back, returned, strict=True)
        ),
    )
    names = tuple(output.lot for output in run.outputs if output is not None)
    return Undone(run.value.run, names, tuple(end.certificate for end in said.ends), tuple(returned), jws), posting


def _back(book: Book, connection: Connection, source: Source) -> _Back:
    """Return what an input gets back (rule 2)."""
    was = holding(connection, commitment(source.holding))
    if was.steps >= MOST_STEPS:
        raise RefusedError.at("holding.path-long", steps=was.steps + 1, limit=MOST_STEPS)
    holder = Holder(owner=was.owner, registry=book.registry)
    text = holding_text(book.around.random(HOLDING_SALT_BYTES), holder)
    return _Back(was, text, lots_of_issuance(connection, was.issuance)[was.output])
