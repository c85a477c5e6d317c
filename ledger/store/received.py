"""The list of the lots that each party received: its first holding of each that came from somebody else.

It is written in the commit of the move, so that a page of it is found by an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select

from ledger.store import schema
from ledger.store.desk_schema import RECEIVED
from ledger.store.engine import ask, insert_rows
from ledger.store.rows import HoldingRow


def note_received(connection: Connection, moved: Sequence[tuple[int, HoldingRow]]) -> None:
    """Note the lots of which a party has its first holding here by these moves, each with its entry.

    Call it before the holdings are stored.
    """
    if not moved:
        return
    here = connection.scalar(select(schema.REGISTRY.c.id))
    new: dict[tuple[str, bytes, int], int] = {}
    for entry, row in moved:
        lot = (row.owner, row.issuance, row.output)
        if row.registry == here and lot not in new and not _had(connection, row):
            new[lot] = entry
    insert_rows(connection, RECEIVED, [(party, entry, *lot) for (party, *lot), entry in new.items()])


def _had(connection: Connection, row: HoldingRow) -> bool:
    return bool(ask(connection, _HELD, row.owner, row.issuance, row.output, row.registry))


_HELD: Final = (
    select(schema.HOLDINGS.c.steps)
    .where(schema.HOLDINGS.c.owner == bindparam("owner"), schema.HOLDINGS.c.issuance == bindparam("issuance"))
    .where(schema.HOLDINGS.c.output == bindparam("output"), schema.HOLDINGS.c.registry == bindparam("registry"))
    .limit(1)
)
