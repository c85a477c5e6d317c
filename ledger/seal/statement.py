"""Signed statements: move, undo, withdraw, suspend, lift.

Rules: a statement is a compact JWS with the ``typ`` ``oreprint-<kind>+jwt``; its payload is the statement in its one
spelling, and kind and ``typ`` agree.  It is sent as its JWS.  If it creates holdings, ``~``, the text of each, and
``~`` follow.

This module does not know who may make which statement (`ledger.verify`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.seal.digest import from_base64url
from ledger.seal.disclosure import below
from ledger.seal.jws import MOST_HEADER_CHARACTERS, Jws, parse_jws, sign_jws
from ledger.seal.signer import Signer
from schemas.problem import InputError
from schemas.statement import Move, Statement, StatusChange, Undo
from schemas.vocabulary import StatementKind

MOST_STATEMENT_CHARACTERS: Final = 1024 * 1024
"""Four times an undo of 250 holdings in the longest spelling."""

_MODELS: Final[dict[StatementKind, type[Move | Undo | StatusChange]]] = {
    "move": Move,
    "undo": Undo,
    "withdraw": StatusChange,
    "suspend": StatusChange,
    "lift": StatusChange,
}


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """A well-formed statement; verify its signature with ``jws.verify(public)``."""

    jws: Jws
    value: Statement


class UnsignedStatement(NamedTuple):
    """A drafted, unsigned statement, and the texts of the holdings that it creates, in order."""

    statement: Statement
    texts: tuple[str, ...] = ()

    def signed(self, signer: Signer) -> str:
        """Return the signed statement, as sent."""
        jws = seal_statement(self.statement, signer=signer)
        return "~".join((jws, *self.texts, "")) if self.texts else jws


class SentStatement(NamedTuple):
    """A sent statement, parsed strictly and not judged."""

    opened: OpenStatement
    texts: tuple[str, ...]

    @property
    def jws(self) -> str:
        """The signed part, as text."""
        return self.opened.jws.text


def open_sent(text: str, *, kind: StatementKind) -> SentStatement:
    """Parse a sent statement of one kind; raise InputError as `open_statement`."""
    jws, *texts = text.removesuffix("~").split("~")
    return SentStatement(open_statement(jws, kind=kind), tuple(texts))


def statement_type(kind: StatementKind) -> str:
    """Return the ``typ`` of a kind of statement."""
    return f"oreprint-{kind}+jwt"


def statement_kind(text: str) -> StatementKind:
    """Return the kind of a statement from its header; nothing else is read.

    Raises:
        InputError: `seal.jws-form` if it has the header of no kind.
    """
    header = text[:MOST_HEADER_CHARACTERS].partition(".")[0]
    try:
        header_bytes = from_base64url(header)
    except InputError as error:
        raise InputError.at("seal.jws-form") from error
    for kind in _MODELS:
        if f'"typ":"{statement_type(kind)}"'.encode() in header_bytes:
            return kind
    raise InputError.at("seal.jws-form")


def seal_statement(statement: Statement, *, signer: Signer) -> str:
    """Return the signed text of a statement."""
    kind = statement.oreprint.removesuffix("/1")
    return sign_jws(statement.to_bytes(), typ=f"oreprint-{kind}+jwt", signer=signer)


def open_statement(text: str, *, kind: StatementKind) -> OpenStatement:
    """Open a statement of one kind strictly; the signature is not verified.

    Raises:
        InputError: as `parse_jws`; `seal.statement` for a payload of another kind; the errors of its document.
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
