"""Answers to requests with an idempotency key, so that a repeated request gets the first one's answer.

Rules: a request claims its key before it begins. This module judges nothing (`ledger.registry.idempotency`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Text, bindparam, delete, select, update

from ledger.store.desk_schema import ANSWERS
from ledger.store.engine import ask, insert_rows


class AnswerRow(NamedTuple):
    """The answer to a request with an idempotency key; `status` is None before there is one."""

    tenant: str
    key: str
    request: bytes
    status: int | None
    body: bytes | None
    at_ms: int


_ANSWER: Final = select(ANSWERS).where(
    ANSWERS.c.tenant == bindparam("tenant", type_=Text), ANSWERS.c.key == bindparam("key", type_=Text)
)
_FORGET: Final = delete(ANSWERS).where(ANSWERS.c.tenant == bindparam("whose"), ANSWERS.c.key == bindparam("which"))


def answer_to(connection: Connection, tenant: str, key: str) -> AnswerRow | None:
    """Return the row of a tenant's idempotency key, or None."""
    rows = ask(connection, _ANSWER, tenant, key)
    return AnswerRow(*rows[0]) if rows else None


def claim_key(connection: Connection, row: AnswerRow) -> None:
    """Record that a request with this key has begun."""
    insert_rows(connection, ANSWERS, [row])


def claim_at(connection: Connection, row: AnswerRow) -> None:
    """Record the start of a request with this key that may still be running; 0 if none is."""
    place = (ANSWERS.c.tenant == row.tenant) & (ANSWERS.c.key == row.key)
    connection.execute(update(ANSWERS).where(place).values(at_ms=row.at_ms))


def keep_answers(connection: Connection, rows: Sequence[AnswerRow]) -> None:
    """Store the answers to requests, in place of their claims."""
    forget_keys(connection, rows)
    insert_rows(connection, ANSWERS, rows)


def forget_keys(connection: Connection, rows: Sequence[AnswerRow]) -> None:
    """Release keys whose requests changed nothing."""
    if rows:
        connection.execute(_FORGET, [{"whose": row.tenant, "which": row.key} for row in rows])


def forget_answers(connection: Connection, *, before_ms: int) -> None:
    """Delete answers that nobody will ask for again."""
    connection.execute(delete(ANSWERS).where(ANSWERS.c.at_ms < before_ms))
