"""Undoing a run while nothing of it has left the plant: every input comes back, and its certificates are revoked.

Rules:

1. All holdings that the run created are unused, whole, and wait for nobody; the undo uses every one of them, and the
   issuance's successor, so it happens once and never beside a correction.
2. Each input gets its mass back as one new holding of the producer's, of the batch that it was taken from.
3. The latest certificates of the run are revoked in the same entry, and the lists that carry the bits are published at
   once.
4. A lot's name stands for one batch for ever: the run that comes instead names its lots anew, such as ``ME-31-2``.
5. A producer with its own key signs the very statement that the registry drafts, and brings the texts of what comes
   back; it is accepted by the same function, whoever signed it.

A withdrawn lot cannot be undone, because it would give frozen mass back. Nor can a run without a certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.changes.withdraw import check_in_time, check_signed, check_signers, ended, own_lot
from ledger.holdings.mark import commitment, holding_text, mark, open_holding, statement_digest, successor
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.holdings.spending import MOST_STEPS, Holding
from ledger.log.entry import PurposeCode, StatusBit
from ledger.lots.balance import holding_row
from ledger.lots.lineage import lineage, lot_held, lot_of
from ledger.registry.append import LogTransaction, Posting, append, behind_commit
from ledger.registry.approval import OPERATOR, RequestedAct
from ledger.registry.lists import publish_status
from ledger.registry.registry import OpenRegistry, RegistrySnapshot, snapshot
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, is_certificate_digest, to_base64url
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.seal.sdjwt import OpenRun, open_certificate
from ledger.seal.signer import SoftwareSigner
from ledger.seal.statement import SentStatement, UnsignedStatement, open_sent
from ledger.store import schema
from ledger.store.events import add_events
from ledger.store.lots import StoredLot, lots_named, lots_of_issuance, offered, undoable_runs
from ledger.store.parties import facilities
from ledger.store.reading import (
    StoredCertificate,
    certificate,
    certificates_of,
    holding,
    holdings_created,
    logged_records,
)
from ledger.store.rows import HoldingRow
from ledger.store.writing import drop_offers
from schemas.door import JsonValue
from schemas.holding import Holder, Part, Use
from schemas.instant import time_text
from schemas.lot import normal_lot
from schemas.problem import MissingError, RefusedError
from schemas.quantity import kg_text
from schemas.run import Source
from schemas.statement import Undo
from schemas.vocabulary import unit_of


class Returned(NamedTuple):
    """The mass that an input got back: its lot, the new holding and the unit."""

    lot: str
    held: Holding
    unit: str


class _Back(NamedTuple):
    """The holding that an input was, the text of the one that comes back for it, and the lot of both."""

    was: HoldingRow
    text: str
    lot: StoredLot

    def returned(self, creator: bytes) -> Returned:
        """Return what the undo of this record digest gives back."""
        was = self.was
        new = Holding(commitment(self.text), self.text, creator, was.commitment, was.mass_mg, was.steps + 1)
        return Returned(self.lot.lot, new, unit_of(self.lot.kind))


class LoggedUndo(NamedTuple):
    """A run that was undone: its lots, the certificates revoked, what came back, and the statement as signed."""

    run: str
    lots: tuple[str, ...]
    certificates: tuple[str, ...]
    returned: tuple[Returned, ...]
    statement: str


def undo(
    registry: OpenRegistry, name: str, *, producer: str, status: SoftwareSigner, author: str = OPERATOR
) -> LoggedUndo:
    """Undo the run that made a lot (as printed, or a certificate's digest), or the run of this name.

    Raises:
        UnapprovedError: `approval.*`, for an `author` whose party has a rule of two persons.
        MissingError: `life.run-unknown`.
        RefusedError: `life.used`, `life.others`, `life.offered`, `life.undone`, `life.withdrawn`, `life.suspended`,
            `life.uncertified`, `life.not-issuer`, `holding.path-long`, `issue.no-key`.
    """
    with append(registry) as transaction:
        undone = undo_within(transaction, name, producer=producer, allow=partial(_allow, transaction, producer, author))
    # A crash here: it is undone, and the lists don't show it yet; the next `publish_status` finds them changed.
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return undone


Allow = Callable[[LoggedUndo], None]
"""Lets an undo be logged, or raises."""


def undo_within(transaction: LogTransaction, name: str, *, producer: str, allow: Allow) -> LoggedUndo:
    """Log an undo with the kept key in a transaction that goes on; who commits it publishes the status lists.

    Raises:
        MissingError, RefusedError: as `undo`.
    """
    draft, _ = _drafted(transaction, name, producer=producer)
    signed = draft.signed(transaction.registry.signer(transaction.connection, producer))
    return _accept(transaction, open_sent(signed, kind="undo"), producer=producer, allow=allow)


def _allow(transaction: LogTransaction, producer: str, author: str, undone: LoggedUndo) -> None:
    """Let an undo pass the gate, which binds what is ended and what comes back, and keep its event."""
    subject = ", ".join(undone.lots)
    back: list[JsonValue] = [f"{kg_text(each.held.mass_mg)} {each.unit} of {each.lot}" for each in undone.returned]
    parts: dict[str, JsonValue] = {"certificates": [*undone.certificates], "returned": back}
    passed = transaction.gate.check("undo", producer, author, lambda: RequestedAct(subject, parts))
    before = certificate_digest_bytes(undone.certificates[0])
    add_events(transaction.connection, [passed.event(subject, before=before)])


def draft_undo(registry: OpenRegistry, name: str, *, producer: str) -> tuple[UnsignedStatement, LoggedUndo]:
    """Return what `producer` has to sign to undo a run, and what then becomes of it, without a statement yet.

    Raises:
        MissingError, RefusedError: as `undo`.
    """
    with snapshot(registry) as seen:
        return _drafted(seen, name, producer=producer)


def undo_signed(
    registry: OpenRegistry, text: str, *, producer: str, status: SoftwareSigner, author: str = OPERATOR
) -> LoggedUndo:
    """Log an undo that its producer signed: ``<JWS>~<text of each holding that comes back>~…``.

    The same again gets the same answer.

    It must say exactly what the registry itself would: all holdings of the run whole, every input's mass back, every
    certificate ended.

    Raises:
        InputError: `seal.*`, `holding.text`; CheckError: `life.not-signed`, `seal.signature`.
        AccessError: `api.tenant`, when another party than `producer` signed.
        MissingError: `life.run-unknown`.
        RefusedError: as `undo`; `life.late`, `life.otherwise`.
    """
    sent = open_sent(text, kind="undo")
    check_signers([sent], producer)
    with append(registry) as transaction:
        allow = partial(_allow, transaction, producer, author)
        undone = _accept(transaction, sent, producer=producer, allow=allow)
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return undone


def _drafted(seen: RegistrySnapshot, name: str, *, producer: str) -> tuple[UnsignedStatement, LoggedUndo]:
    """Return the statement that undoes a run with its present certificates, and its effect."""
    found = _lot(seen.connection, producer, name)
    lots = lots_of_issuance(seen.connection, found.issuance)
    latest = _latest(seen.connection, lots)
    held = _whole(seen, lots, producer=producer)
    back = [
        _back(seen.connection, source, lambda owner: _new_text(seen.registry, owner))
        for source in _run(latest[0]).sources
    ]
    said = _said(seen.registry, latest, held, back, last=time_text(seen.now_ms + TIME_TO_LOG_MS))
    return UnsignedStatement(said, tuple(each.text for each in back)), _undone("", said, latest, back)


def _accept(transaction: LogTransaction, sent: SentStatement, *, producer: str, allow: Allow) -> LoggedUndo:
    """Log a signed undo, from a registry's key or the producer's own, and return its effect.

    One that was logged before changes nothing.

    Raises:
        OreprintError: as `undo_signed`.
    """
    registry, connection = transaction.registry, transaction.connection
    statement, jws = sent.opened.value, sent.jws
    if not isinstance(statement, Undo):
        raise TypeError(statement)
    latest = certificates_of(connection, digest_bytes(statement.issuance))
    if not latest or _run(latest[0]).value.producer != producer:
        raise MissingError.at("life.run-unknown", name=statement.issuance, producer=producer)
    back = _brought_back(registry, connection, latest, sent.texts)
    undone = _undone(jws, statement, latest, back)
    if logged_records(connection, [statement_digest(jws)]):
        return undone
    check_signed(connection, sent.opened.jws, now_ms=transaction.now_ms)
    lot = lot_of(connection, latest[0].row.digest)
    lots = lots_of_issuance(connection, lot.issuance) if lot else []
    check_in_time(statement.not_logged_after, now_ms=transaction.now_ms)
    standing = _latest(connection, lots)
    held = _whole(transaction, lots, producer=producer)
    if statement != _said(registry, standing, held, back, last=statement.not_logged_after):
        raise RefusedError.at("life.otherwise", lot=lots[0].lot)
    allow(undone)
    drop_offers(connection, [each.commitment for each in held])  # those that ran out
    transaction.log(_posting(registry, jws, statement, held, back))
    return undone


def _lot(connection: Connection, producer: str, name: str) -> StoredLot:
    """Return a lot of the run that is meant: by a lot's name, a certificate's digest, or the run's own name."""
    if is_certificate_digest(name):
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


def _whole(seen: RegistrySnapshot, lots: Sequence[StoredLot], *, producer: str) -> list[HoldingRow]:
    """Return the holdings of all lots of a run, whole and at hand (rule 1)."""
    held = holdings_created(seen.connection, lots[0].issuance)
    waiting = offered(seen.connection, [row.commitment for row in held], now_ms=seen.now_ms)
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


def _said(
    registry: OpenRegistry,
    latest: Sequence[StoredCertificate],
    held: Sequence[HoldingRow],
    back: Sequence[_Back],
    *,
    last: str,
) -> Undo:
    """Return the one statement that undoes a run, given the texts that come back."""
    return Undo(
        oreprint="undo/1",
        registry=registry.did,
        issuance=to_base64url(latest[0].issuance.digest),
        uses=tuple(Use(creator=to_base64url(row.creator), holding=row.text) for row in held),
        returns=tuple(
            Part(mass_kg=kg_text(each.was.mass_mg), holding=to_base64url(commitment(each.text))) for each in back
        ),
        ends=tuple(ended(each.row) for each in latest),
        not_logged_after=last,
    )


def _undone(jws: str, said: Undo, latest: Sequence[StoredCertificate], back: Sequence[_Back]) -> LoggedUndo:
    run = _run(latest[0])
    names = tuple(output.lot for output in run.outputs if output is not None)
    returned = tuple(each.returned(statement_digest(jws)) for each in back)
    return LoggedUndo(run.value.run, names, tuple(end.certificate for end in said.ends), returned, jws)


def _posting(
    registry: OpenRegistry, jws: str, said: Undo, held: Sequence[HoldingRow], back: Sequence[_Back]
) -> Posting:
    """Return the posting of a signed undo."""
    digest = statement_digest(jws)
    return Posting(
        "undo",
        digest,
        jws.encode(),
        marks=(*(mark(row.creator, row.text) for row in held), successor(digest_bytes(said.issuance))),
        uses=tuple(row.commitment for row in held),
        bits=tuple(StatusBit(end.list, end.index, PurposeCode.REVOCATION, 1) for end in said.ends),
        rows=tuple(
            (
                schema.HOLDINGS,
                holding_row(each.returned(digest).held, each.lot, Holder(owner=each.was.owner, registry=registry.did)),
            )
            for each in back
        ),
    )


def _back(connection: Connection, source: Source, text: Callable[[str], str]) -> _Back:
    """Return what an input gets back (rule 2); `text` gives the text of its new holding, for its owner."""
    was = holding(connection, commitment(source.holding))
    if was.steps >= MOST_STEPS:
        raise RefusedError.at("holding.path-long", steps=was.steps + 1, limit=MOST_STEPS)
    return _Back(was, text(was.owner), lot_held(connection, was))


def _new_text(registry: OpenRegistry, owner: str) -> str:
    return holding_text(registry.runtime.random(HOLDING_SALT_BYTES), Holder(owner=owner, registry=registry.did))


def _brought_back(
    registry: OpenRegistry, connection: Connection, latest: Sequence[StoredCertificate], texts: Sequence[str]
) -> list[_Back]:
    """Return what each input gets back in the texts that the producer made, one an input."""
    sources = _run(latest[0]).sources
    if len(texts) != len(sources) or len(set(texts)) != len(texts):
        raise RefusedError.at("life.otherwise", lot=latest[0].row.id)
    back = []
    for source, text in zip(sources, texts, strict=True):
        each = _back(connection, source, lambda _owner, text=text: text)  # type: ignore[misc]
        if open_holding(text) != Holder(owner=each.was.owner, registry=registry.did):
            raise RefusedError.at("life.otherwise", lot=each.lot.lot)
        back.append(each)
    return back
