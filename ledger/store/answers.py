"""Answers to requests with an idempotency key, so that a repeated request gets the first one's answer.

Rules: an answer is stored with the effect of its request. This module judges nothing (`ledger.registry.idempotency`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Text, bindparam, delete, select

from ledger.store.desk_schema import ANSWERS
from ledger.store.engine import ask, insert_rows


class AnswerRow(NamedTuple):
    """The answer to a request with an idempotency key; `status` is None where an earlier release was cut off."""

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


def keep_answers(connection: Connection, rows: Sequence[AnswerRow]) -> None:
    """Store the answers to requests, in place of the claims that an earlier release left."""
    if rows:
        connection.execute(_FORGET, [{"whose": row.tenant, "which": row.key} for row in rows])
    insert_rows(connection, ANSWERS, rows)


def forget_answers(connection: Connection, *, before_ms: int) -> None:
    """Delete answers that nobody will ask for again."""
    connection.execute(delete(ANSWERS).where(ANSWERS.c.at_ms < before_ms))
