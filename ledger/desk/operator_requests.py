"""Keep requests to the operator of the registry, for what only a command on its machine can do.

Rules:

1. Plants, product kinds, keys, printers and addresses of notices are the operator's. An administrator of a party asks
   for them here, in its own words.
2. The operator does what is asked by the commands that do it, and answers with a sentence: done, or refused. An answer
   is final, tells the party by a notice, and changes nothing else.
3. Filing and answering are events. A party has at most `MOST_WAITING` requests that wait.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from ledger.registry.approval import OPERATOR
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.operator_requests import (
    OperatorRequestRow,
    add_operator_request,
    answer_operator_request,
    operator_request,
    operator_requests,
    waiting_requests,
)
from schemas.problem import InputError, MissingError, RefusedError

RequestKind = Literal["plant", "product-kind", "key", "printer", "hook", "approver"]
KINDS: Final[tuple[RequestKind, ...]] = get_args(RequestKind)
OperatorRequest: TypeAlias = OperatorRequestRow
"""A party's request and its answer."""
MOST_WAITING: Final = 20
MOST_WORDS: Final = 1000
"""Characters of a wish or an answer."""
_ID_BYTES: Final = 6


def file_request(registry: OpenRegistry, *, party: str, kind: str, wish: str, by: str) -> OperatorRequest:
    """Ask the operator for something; `wish` says what, in the asker's own words.

    Raises:
        InputError: `operator-request.kind`, `operator-request.words`; RefusedError: `operator-request.many`.
    """
    if kind not in KINDS:
        raise InputError.at("operator-request.kind", "kind", kind=kind, known=", ".join(KINDS))
    now = registry.runtime.now_ms()
    row = OperatorRequestRow(registry.runtime.random(_ID_BYTES).hex(), party, kind, _words(wish, "wish"), by, now)
    with writing(registry.engine) as connection:
        if waiting_requests(connection, party) >= MOST_WAITING:
            raise RefusedError.at("operator-request.many", limit=MOST_WAITING)
        add_operator_request(connection, row)
        add_events(connection, [EventRow(now, party, "", "request file", row.id, kind, by)])
        connection.commit()
    return row


def list_requests(registry: OpenRegistry, party: str | None = None) -> list[OperatorRequest]:
    """Return the requests of a party, or of all: those that wait first, then the newest first."""
    with reading(registry.engine) as connection:
        return operator_requests(connection, party)


def waiting_for_operator(registry: OpenRegistry) -> int:
    """Return the number of requests that wait for the operator."""
    with reading(registry.engine) as connection:
        return waiting_requests(connection)


def answer_request(registry: OpenRegistry, request: str, *, done: bool, answer: str) -> OperatorRequest:
    """Answer a request, as the operator, with a sentence for who asked; return it.

    Raises:
        InputError: `operator-request.words`; MissingError: `operator-request.unknown`; RefusedError:
            `operator-request.answered`.
    """
    said = _words(answer, "answer")
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = operator_request(connection, request)
        if row is None:
            raise MissingError.at("operator-request.unknown", request=request)
        if row.state != "waiting":
            raise RefusedError.at("operator-request.answered", request=request)
        row = row._replace(state="done" if done else "refused", answer=said, answered_ms=now)
        answer_operator_request(connection, row)
        facts = {"request": row.id, "state": row.state}
        notify(connection, party=row.party, kind="request-answered", subject=row.kind, facts=facts, now_ms=now)
        add_events(connection, [EventRow(now, row.party, "", "request answer", row.id, row.state, OPERATOR)])
        connection.commit()
    return row


def _words(text: str, place: str) -> str:
    said = text.strip().replace("\r\n", "\n")
    if not 1 <= len(said) <= MOST_WORDS or not said.replace("\n", "").isprintable():
        raise InputError.at("operator-request.words", place, limit=MOST_WORDS)
    return said
