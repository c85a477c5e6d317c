"""Requests of parties to the operator of the registry, and the operator's answers.

Rules: no certificate and no mass depends on this table (as `ledger.store.desk_schema`). This module judges nothing.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, select, update

from ledger.store.desk_schema import OPERATOR_REQUESTS
from ledger.store.engine import insert_rows

RequestState = Literal["waiting", "done", "refused"]


class OperatorRequestRow(NamedTuple):
    """A request: what for, in whose words, when, and the operator's answer, empty while it waits."""

    id: str
    party: str
    kind: str
    wish: str
    by: str
    at_ms: int
    state: RequestState = "waiting"
    answer: str = ""
    answered_ms: int | None = None


def add_operator_request(connection: Connection, row: OperatorRequestRow) -> None:
    """Store a new request."""
    insert_rows(connection, OPERATOR_REQUESTS, [row])


def operator_requests(connection: Connection, party: str | None = None) -> list[OperatorRequestRow]:
    """Return the requests of a party, or of all: those that wait first, then the newest first."""
    table = OPERATOR_REQUESTS.c
    query = select(OPERATOR_REQUESTS).order_by(table.state != "waiting", table.at_ms.desc(), table.id)
    query = query if party is None else query.where(table.party == party)
    return [OperatorRequestRow(*row) for row in connection.execute(query)]


def operator_request(connection: Connection, request: str) -> OperatorRequestRow | None:
    """Return a request by its id, or None."""
    row = connection.execute(select(OPERATOR_REQUESTS).where(OPERATOR_REQUESTS.c.id == request)).first()
    return None if row is None else OperatorRequestRow(*row)


def waiting_requests(connection: Connection, party: str | None = None) -> int:
    """Return the number of requests that wait, of a party or of all."""
    query = select(func.count()).select_from(OPERATOR_REQUESTS).where(OPERATOR_REQUESTS.c.state == "waiting")
    return int(connection.scalar(query if party is None else query.where(OPERATOR_REQUESTS.c.party == party)) or 0)


def answer_operator_request(connection: Connection, row: OperatorRequestRow) -> None:
    """Store state, answer and time of a request."""
    values = {"state": row.state, "answer": row.answer, "answered_ms": row.answered_ms}
    connection.execute(update(OPERATOR_REQUESTS).where(OPERATOR_REQUESTS.c.id == row.id).values(values))
