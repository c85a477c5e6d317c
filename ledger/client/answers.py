"""Answer a party's requests about its holdings and lots in this registry, for server and command line.

A registry that keeps the party's key signs for it. A party with a key of its own has its statements drafted, and sends
them signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ledger.changes import undo, withdraw
from ledger.issuing.followed import followed_of
from ledger.lots.balance import LotBalance
from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.seal.statement import UnsignedStatement, statement_kind
from ledger.store.lots import StoredLot
from ledger.transfers.moving import Shipment, post_moves
from ledger.transfers.ship import Dispatch, accept, cancel, draft_cancel, draft_offer, is_guest, ship, stranger
from schemas.answers.life import (
    Back,
    CorrectableRun,
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
from schemas.problem import InputError, Problem
from schemas.quantity import kg_text, milligrams
from schemas.requests import (
    AcceptRequest,
    CancelRequest,
    CorrectionRequest,
    MoveRequest,
    SignedStatements,
    StatusRequest,
    UndoRequest,
)
from schemas.vocabulary import StatementKind, unit_of

PartyRequest = MoveRequest | AcceptRequest | CancelRequest | StatusRequest | UndoRequest | SignedStatements
Draftable = MoveRequest | CancelRequest | StatusRequest | UndoRequest | CorrectionRequest


def answer(
    registry: OpenRegistry, request: PartyRequest, *, party: str, status: SoftwareSigner, author: str = OPERATOR
) -> Done:
    """Do what a party requests, and return its effect; `status` is the registry's status key.

    Raises:
        OreprintError: as `ship`, `accept`, `cancel`, `change_status` and `undo`, and for signed statements as
            `post_moves`, `post_change` and `undo_signed`; InputError: `life.one-run`.
    """
    match request:
        case MoveRequest():
            shipment = ship(registry, _dispatch(request, party))
            return _sent(registry, [shipment], party)
        case AcceptRequest():
            return moved("accepted", accept(registry, consignee=party, lot=request.lot))
        case CancelRequest():
            return moved("cancelled", cancel(registry, sender=party, lot=request.lot))
        case StatusRequest(statement=kind):
            change = withdraw.change_status(
                registry, request.lot, kind=kind, issuer=party, reason=request.reason, status=status, author=author
            )
            return changed(change)
        case UndoRequest():
            return undone(undo.undo(registry, request.lot, producer=party, status=status, author=author))
        case SignedStatements():
            return _answer_signed(registry, request, party=party, status=status, author=author)


def kind_of(signed: SignedStatements) -> StatementKind:
    """Return the kind of the first of some signed statements; raise InputError for what is no statement."""
    return statement_kind(signed.texts[0].partition("~")[0])


def _answer_signed(
    registry: OpenRegistry, sent: SignedStatements, *, party: str, status: SoftwareSigner, author: str
) -> Done:
    match kind_of(sent):
        case "move":
            made = post_moves(registry, *sent.texts, owner=party, audience=sent.audience)
            if made.cancelled:
                return moved("cancelled", made.shipments)
            return _sent(registry, made.shipments, party)
        case "withdraw" | "suspend" | "lift" as kind:
            change = withdraw.post_change(registry, *sent.texts, kind=kind, issuer=party, status=status, author=author)
            return changed(change)
        case "undo":
            if len(sent.texts) > 1:
                raise InputError.at("life.one-run", "texts")
            return undone(undo.undo_signed(registry, sent.texts[0], producer=party, status=status, author=author))


def draft(registry: OpenRegistry, request: Draftable, *, party: str) -> Drafts | CorrectableRun:
    """Return the statements that a party has to sign for a request; of a correction, the run that it follows.

    Raises:
        OreprintError: as `draft_offer`, `draft_cancel`, `draft_change`, `draft_undo` and `followed_of`.
    """
    match request:
        case MoveRequest():
            unsigned, shipment = draft_offer(registry, _dispatch(request, party))
            return _drafts(unsigned, _sent(registry, [shipment], party))
        case CancelRequest():
            unsigned, shipments = draft_cancel(registry, sender=party, lot=request.lot)
            return _drafts(unsigned, moved("cancelled", shipments))
        case StatusRequest(statement=kind):
            change = withdraw.draft_change(registry, kind, request.lot, issuer=party, reason=request.reason)
            return _drafts(change.drafts, changed(change.changed))
        case UndoRequest():
            statement, made = undo.draft_undo(registry, request.lot, producer=party)
            return _drafts([statement], undone(made))
        case CorrectionRequest():
            return followed_of(registry, request.facility, request.lots, producer=party)


def _sent(registry: OpenRegistry, made: Sequence[Shipment], sender: str) -> MoveAnswer:
    """Return the shipments to one consignee, with the warnings for their sender."""
    to = made[0].consignee
    if is_guest(registry, to):
        return moved("delivered", made)
    unknown = stranger(registry, to, sender=sender, place="to")
    return moved("offered", made, [] if unknown is None else [unknown])


def _dispatch(request: MoveRequest, sender: str) -> Dispatch:
    mass, unit = (None, None) if request.mass is None else (milligrams(request.mass.amount), request.mass.unit)
    return Dispatch(request.lot, sender, request.to, mass, request.audience, unit=unit)


def moved(
    state: Literal["offered", "delivered", "accepted", "cancelled"],
    made: Iterable[Shipment],
    warnings: Iterable[Problem] = (),
) -> MoveAnswer:
    """Return the answer about shipments."""
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
    """Return the answer about a change of a lot's status."""
    return StatusAnswer(state=made.kind, lot=made.name, certificates=made.certificates, statements=made.statements)


def undone(made: undo.LoggedUndo) -> UndoAnswer:
    """Return the answer about an undone run."""
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


def _drafts(unsigned: Iterable[UnsignedStatement], effect: Done) -> Drafts:
    statements = tuple(DraftedStatement(statement=each.statement, texts=each.texts) for each in unsigned)
    return Drafts(drafts=statements, answer=effect)


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
