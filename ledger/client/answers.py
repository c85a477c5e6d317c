"""Outcomes of statements and balances of a party, as documents for server and command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ledger.changes import undo, withdraw
from ledger.lots.balance import LotBalance
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.statement import UnsignedStatement
from ledger.store.lots import StoredLot
from ledger.transfers.moving import Shipment
from schemas.answers.life import (
    Back,
    Done,
    DraftedStatement,
    Drafts,
    LotLeft,
    MoveAnswer,
    Shipped,
    StatusAnswer,
    UndoAnswer,
    Warned,
)
from schemas.problem import Problem
from schemas.quantity import kg_text
from schemas.vocabulary import unit_of


def moved(
    state: Literal["offered", "accepted", "cancelled"], made: Iterable[Shipment], warnings: Iterable[Problem] = ()
) -> MoveAnswer:
    """Return what became of shipments."""
    shipments = tuple(
        Shipped(
            lot=each.lot.lot,
            kind=each.lot.kind,
            certificate=_certificate(each.lot),
            sender=each.sender,
            to=each.consignee,
            mass_kg=kg_text(each.mass_mg),
            moves=tuple(map(to_base64url, each.moves)),
        )
        for each in made
    )
    told = tuple(Warned(code=each.code, sentence=each.words()) for each in warnings)
    return MoveAnswer(state=state, shipments=shipments, warnings=told)


def changed(made: withdraw.LoggedChange) -> StatusAnswer:
    """Return what became of a lot's status."""
    return StatusAnswer(state=made.kind, lot=made.name, certificates=made.certificates, statements=made.statements)


def undone(made: undo.LoggedUndo) -> UndoAnswer:
    """Return what became of a run."""
    return UndoAnswer(
        state="undo",
        run=made.run,
        lots=made.lots,
        certificates=made.certificates,
        returned=tuple(
            Back(lot=each.lot, mass_kg=kg_text(each.held.mass_mg), unit=each.unit) for each in made.returned
        ),
        statements=(made.statement,) if made.statement else (),
    )


def drafts(unsigned: Iterable[UnsignedStatement], answer: Done) -> Drafts:
    """Return drafted statements, with the answer that follows once they are signed."""
    found = tuple(DraftedStatement(statement=each.statement, texts=each.texts) for each in unsigned)
    return Drafts(drafts=found, answer=answer)


def lot_left(each: LotBalance) -> LotLeft:
    """Return the unused mass of a lot."""
    lot, left, offered = each.lot, kg_text(each.left_mg), kg_text(each.offered_mg)
    power = unit_of(lot.kind) == "kWh"
    amounts = (
        {"left_kwh": left, "offered_kwh": offered}
        if power
        else {"left_kg": left, "offered_kg": offered, "elements_kg": dict(each.elements)}
    )
    return LotLeft(lot=lot.lot, kind=lot.kind, certificate=_certificate(lot), state=each.state, **amounts)


def _certificate(lot: StoredLot) -> str | None:
    return None if lot.certificate is None else certificate_digest_text(lot.certificate)
