"""Statements that people sign: move, undo, withdraw, suspend, lift.

Rules:

1. A compact JWS with the type ``oreprint-<kind>+jwt``; the payload is the one spelling of the document, and its kind is
   the one that the type names.
2. Whoever verifies says which kind is expected; the text says nothing about how it is to be checked.
3. A move keeps mass and batch: the part that it creates has the mass of the holding used.

What this module does not do: it doesn't know whether the signer may sign this (`ledger.trust`, `ledger.verify`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.holdings.mark import commitment, open_holding, statement_digest
from ledger.seal.digest import to_base64url
from ledger.seal.jws import Jws, parse_jws, sign_jws
from schemas.holding import Part
from schemas.instant import instant_text, whole_second
from schemas.problem import InputError
from schemas.quantity import kg_text
from schemas.statement import Move, StatusChange, Undo

if TYPE_CHECKING:
    from ledger.seal.signer import Signer
    from schemas.holding import Use
    from schemas.vocabulary import StatementKind

TIME_TO_LOG_MS: Final = 7 * 24 * 3600 * 1000
"""How long after signing a record may be logged: it ends every doubt about what became of a lost request."""

_MODELS: Final[dict[StatementKind, type[Move | Undo | StatusChange]]] = {
    "move": Move,
    "undo": Undo,
    "withdraw": StatusChange,
    "suspend": StatusChange,
    "lift": StatusChange,
}


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement whose form is right; its signature has not been verified (`jws.verify` does)."""

    kind: StatementKind
    jws: Jws
    said: Move | Undo | StatusChange

    @property
    def digest(self) -> bytes:
        """The record digest."""
        return statement_digest(self.jws.text)


def kind_of(said: Move | Undo | StatusChange) -> StatementKind:
    """Return the kind of a statement."""
    match said.oreprint:
        case "move/1":
            return "move"
        case "undo/1":
            return "undo"
        case "withdraw/1":
            return "withdraw"
        case "suspend/1":
            return "suspend"
        case "lift/1":
            return "lift"


def sign_statement(said: Move | Undo | StatusChange, signer: Signer) -> str:
    """Return the signed text of a statement."""
    return sign_jws(said.to_bytes(), typ=f"oreprint-{kind_of(said)}+jwt", signer=signer)


def open_statement(text: str, kind: StatementKind) -> SignedStatement:
    """Read a statement that must be of `kind`; the signature is not verified.

    Raises:
        InputError: `seal.*` for the envelope, `document.*` for the payload, `holding.statement-kind`.

    """
    jws = parse_jws(text, typ=f"oreprint-{kind}+jwt")
    said = _MODELS[kind].from_text(jws.payload)
    if kind_of(said) != kind:
        raise InputError.at("holding.statement-kind", kind=kind, found=said.oreprint)
    return SignedStatement(kind, jws, said)


def make_move(uses: Use, *, mass_mg: int, to: str, now_ms: int) -> Move:
    """Return the move of the whole holding `uses`, of `mass_mg`, to the holding of text `to`; `now_ms` is the time of signing."""
    return Move(
        oreprint="move/1",
        registry=open_holding(uses.holding).registry,
        uses=uses,
        creates=Part(mass_kg=kg_text(mass_mg), holding=to_base64url(commitment(to))),
        to_registry=open_holding(to).registry,
        not_logged_after=instant_text(whole_second(now_ms + TIME_TO_LOG_MS)),
    )
