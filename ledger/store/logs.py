"""The logs of a registry: the open one, and the closed ones before it.

Rules: entries are counted through all logs; a closed log lies between its end and that of the one before.  This module
closes no log (`ledger.admin.rollover` does).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select, union_all, update

from ledger.log.vkey import VerifierKey
from ledger.store import schema
from ledger.store.engine import insert_rows
from ledger.store.reading import StoredHead, latest_head
from schemas.problem import CheckError, MissingError

_CLOSED: Final = (
    select(schema.HEADS.c.size, schema.HEADS.c.note)
    .select_from(schema.HEADS.join(schema.CLOSED_LOGS, schema.CLOSED_LOGS.c.size == schema.HEADS.c.size))
    .order_by(schema.HEADS.c.size)
)
_KEYS: Final = union_all(select(schema.REGISTRY.c.log_key), select(schema.CLOSED_LOGS.c.log_key))


def closed_heads(connection: Connection) -> list[StoredHead]:
    """Return the last head of each closed log, the first log first."""
    heads: list[StoredHead] = []
    for end, note in connection.execute(_CLOSED):
        first = heads[-1].end if heads else 0
        heads.append(StoredHead(end - first, note, first))
    return heads


def last_heads(connection: Connection) -> list[StoredHead]:
    """Return the last head of every log, the open one last; raise MissingError `store.record-missing` if none."""
    latest = latest_head(connection)
    return [*closed_heads(connection), latest] if latest.first else [latest]


def head_above(heads: Sequence[StoredHead], position: int) -> StoredHead:
    """Return the head of the log that has an entry; raise MissingError `store.record-missing`."""
    for head in heads:
        if head.first <= position < head.end:
            return head
    raise MissingError.at("store.record-missing")


def log_key(connection: Connection, origin: str) -> VerifierKey:
    """Return the key of a log of this registry; raise CheckError `log.origin` if it has no log of this name."""
    keys = {key.name: key for key in map(VerifierKey.parse, connection.scalars(_KEYS))}
    if origin not in keys:
        raise CheckError.at("log.origin", origin=origin, log=", ".join(keys))
    return keys[origin]


def turn_over(connection: Connection, *, end: int, closed: VerifierKey, opened: VerifierKey) -> None:
    """Store that the log `closed` ends at `end`, counted through all logs, and that `opened` follows.

    The caller is within the append's transaction.
    """
    insert_rows(connection, schema.CLOSED_LOGS, [(end, closed.to_text())])
    connection.execute(update(schema.REGISTRY).values(log_key=opened.to_text()))
