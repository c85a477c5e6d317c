"""The drafts of runs: what was typed, what is held until it is signed, and what was issued of it.

Rules: a row changes only where its revision is the one that the writer has read. No certificate, mark or mass depends
on this table (as `ledger.store.desk_schema`). This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from ledger.store.desk_schema import DRAFTS
from ledger.store.engine import ask, insert_rows

_MOST_DUE: Final = 64
DraftState = Literal["draft", "held", "issued"]
DraftAct = Literal["issue", "correct", "replace"]
"""The act of a draft: a new run is issued, or one that was issued is corrected or replaced."""


class DraftRow(NamedTuple):
    """One draft; `typed`, `record` and `notice` are JSON."""

    id: str
    party: str
    recipe: str
    version: int
    state: DraftState
    revision: int
    typed: str
    record: str | None
    notice: str | None
    author: str
    changed_ms: int
    due_ms: int | None = None
    issuance: bytes | None = None
    act: DraftAct = "issue"
    about: bytes | None = None
    reason: str = ""


def add_draft(connection: Connection, row: DraftRow) -> None:
    """Store a new draft."""
    insert_rows(connection, DRAFTS, [row])


def draft_row(connection: Connection, party: str, draft_id: str) -> DraftRow | None:
    """Return a draft of a party, or None."""
    column = DRAFTS.c
    row = connection.execute(select(DRAFTS).where(column.id == draft_id, column.party == party)).first()
    return None if row is None else DraftRow(*row)


def draft_rows(
    connection: Connection, party: str, states: Collection[DraftState], *, recipe: str | None = None, most: int
) -> list[DraftRow]:
    """Return the drafts of a party in some states, the last changed first; of one recipe where it is named."""
    column = DRAFTS.c
    query = select(DRAFTS).where(column.party == party, column.state.in_(states))
    if recipe is not None:
        query = query.where(column.recipe == recipe)
    query = query.order_by(column.changed_ms.desc(), column.id).limit(most)
    return [DraftRow(*row) for row in connection.execute(query)]


def issued_draft(connection: Connection, party: str, issuance: bytes) -> DraftRow | None:
    """Return the draft of which an issuance was made, or None."""
    column = DRAFTS.c
    query = select(DRAFTS).where(column.party == party, column.state == "issued", column.issuance == issuance)
    row = connection.execute(query.limit(1)).first()
    return None if row is None else DraftRow(*row)


def due_rows(connection: Connection, now_ms: int) -> list[DraftRow]:
    """Return held runs that are due, of all parties, the longest due first; at most as many as one commit signs."""
    return [DraftRow(*row) for row in ask(connection, _DUE, now_ms)]


_DUE: Final = (
    select(DRAFTS)
    .where(DRAFTS.c.state == "held", DRAFTS.c.due_ms <= bindparam("now_ms"))
    .order_by(DRAFTS.c.due_ms, DRAFTS.c.id)
    .limit(_MOST_DUE)
)


def change_draft(connection: Connection, row: DraftRow, *, revision: int) -> bool:
    """Store a changed draft if its stored revision is `revision`; return whether it was."""
    place = (DRAFTS.c.id == row.id) & (DRAFTS.c.party == row.party) & (DRAFTS.c.revision == revision)
    return connection.execute(update(DRAFTS).where(place).values(row._asdict())).rowcount == 1


def remove_draft(connection: Connection, party: str, draft_id: str, *, revision: int) -> bool:
    """Delete a draft if its stored revision is `revision`; return whether it was."""
    column = DRAFTS.c
    place = (column.id == draft_id) & (column.party == party) & (column.revision == revision)
    return connection.execute(delete(DRAFTS).where(place)).rowcount == 1
