"""Events: who did what, when and with what outcome. They are added and never changed.

Only names are taken out of them (`ledger.store.forgetting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.store.desk_schema import EVENTS
from ledger.store.engine import given_columns, insert_rows


class EventRow(NamedTuple):
    """One event: time, tenant, token, action, subject and outcome.

    `author` is who did it, where that is not just the token; `before` and `after` are digests of what changed.
    """

    at_ms: int
    tenant: str
    token: str
    action: str
    subject: str
    outcome: str
    author: str = ""
    before: bytes | None = None
    after: bytes | None = None


def add_events(connection: Connection, events: Sequence[EventRow]) -> None:
    """Store events."""
    insert_rows(connection, EVENTS, events)


def events(connection: Connection, *, last: int, tenant: str | None = None) -> list[EventRow]:
    """Return the last events, oldest first; of one tenant or of all."""
    query = select(*given_columns(EVENTS)).order_by(EVENTS.c.number.desc()).limit(last)
    query = query if tenant is None else query.where(EVENTS.c.tenant == tenant)
    return [EventRow(*row) for row in connection.execute(query)][::-1]


def happened_before(connection: Connection, *, tenant: str, action: str, subject: str) -> bool:
    """Return whether a tenant has an event of this action about this subject."""
    column = EVENTS.c
    query = select(column.number).where(column.tenant == tenant, column.action == action, column.subject == subject)
    return connection.execute(query.limit(1)).first() is not None


def first_author(connection: Connection, tenant: str, after: bytes) -> tuple[str, int] | None:
    """Return who made something that a tenant has, by its digest, and when (ms); None where no event tells."""
    column = EVENTS.c
    query = select(column.author, column.at_ms).where(column.tenant == tenant, column.after == after)
    row = connection.execute(query.order_by(column.number).limit(1)).first()
    return None if row is None else (row[0], row[1])
