"""People's statements as signed text: move, undo, withdraw, suspend, lift.

Rules: a compact JWS whose ``typ`` is ``oreprint-<kind>+jwt``, and whose payload is the statement in its one spelling; kind and
``typ`` agree.  A statement is sent as its JWS; where it creates holdings, followed by ``~``, the text of each, and ``~``.

What this module does not do: it doesn't know who may say what (`ledger.verify`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.seal.digest import from_base64url
from ledger.seal.disclosure import below
from ledger.seal.jws import MOST_HEADER_CHARACTERS, Jws, parse_jws, sign_jws
from schemas.problem import InputError
from schemas.statement import Move, Statement, StatusChange, Undo

if TYPE_CHECKING:
    from ledger.seal.signer import Signer
    from schemas.vocabulary import StatementKind

MOST_STATEMENT_CHARACTERS: Final = 1024 * 1024
"""An undo of 250 holdings in the longest spelling has a quarter of it."""

_MODELS: Final[dict[StatementKind, type[Move | Undo | StatusChange]]] = {
    "move": Move,
    "undo": Undo,
    "withdraw": StatusChange,
    "suspend": StatusChange,
    "lift": StatusChange,
}


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """A statement whose form is right; its signature is verified with ``jws.verify(public)``."""

    jws: Jws
    value: Statement


class UnsignedStatement(NamedTuple):
    """A statement that is drafted and not signed, and the texts of the holdings that it creates, in their order."""

    statement: Statement
    texts: tuple[str, ...] = ()

    def signed(self, signer: Signer) -> str:
        """Return it signed, as it is sent."""
        jws = seal_statement(self.statement, signer=signer)
        return "~".join((jws, *self.texts, "")) if self.texts else jws


class SentStatement(NamedTuple):
    """A statement as it was sent, read strictly; nothing of it is judged."""

    opened: OpenStatement
    texts: tuple[str, ...]

    @property
    def jws(self) -> str:
        """What was signed, as text."""
        return self.opened.jws.text


def open_sent(text: str, *, kind: StatementKind) -> SentStatement:
    """Read a statement of one kind as it was sent; raise InputError as `open_statement`."""
    jws, *texts = text.removesuffix("~").split("~")
    return SentStatement(open_statement(jws, kind=kind), tuple(texts))


def statement_type(kind: StatementKind) -> str:
    """Return the ``typ`` of a kind of statement."""
    return f"oreprint-{kind}+jwt"


def statement_kind(text: str) -> StatementKind:
    """Return the kind of a statement as its header says; nothing else of it is read.

    Raises:
        InputError: `seal.jws-form`, when no kind's header is there.

    """
    header = text[:MOST_HEADER_CHARACTERS].partition(".")[0]
    try:
        said = from_base64url(header)
    except InputError as error:
        raise InputError.at("seal.jws-form") from error
    for kind in _MODELS:
        if f'"typ":"{statement_type(kind)}"'.encode() in said:
            return kind
    raise InputError.at("seal.jws-form")


def seal_statement(statement: Statement, *, signer: Signer) -> str:
    """Return the signed text of a statement."""
    kind = statement.oreprint.removesuffix("/1")
    return sign_jws(statement.to_bytes(), typ=f"oreprint-{kind}+jwt", signer=signer)


def open_statement(text: str, *, kind: StatementKind) -> OpenStatement:
    """Read a statement of one kind, strictly; the signature is not verified.

    Raises:
        InputError: as `parse_jws`; `seal.statement` for a payload of another kind; what its document refuses.

    """
    if len(text) > MOST_STATEMENT_CHARACTERS:
        raise InputError.at("seal.jws-form")
    jws, payload = parse_jws(text, typ=statement_type(kind))
    try:
        value = _MODELS[kind].from_text(payload)
    except InputError as error:
        raise InputError(*(below("payload", problem) for problem in error.problems)) from error
    if value.oreprint != f"{kind}/1":
        raise InputError.at("seal.statement", "payload/oreprint", kind=kind, found=value.oreprint)
    return OpenStatement(jws, value)
