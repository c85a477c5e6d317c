"""GS1 keys of lots and plants: a resolver finds a certificate by the print on a box.

Rules: a key (a GTIN, a GLN) belongs to the first party that used it in this registry.  A path belongs to one lot or one
plant for good.  No certificate, mark or mass depends on this table (as `ledger.store.desk_schema`).  This module judges
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger.store.desk_schema import GS1_KEYS, GS1_PATHS
from ledger.store.engine import insert_rows


class PathRow(NamedTuple):
    """A path, and the lot (`issuance`, `output`) or the plant (`facility`) that it names."""

    path: str
    key: str
    issuance: bytes | None
    output: int | None
    facility: str | None
    at_ms: int


def key_party(connection: Connection, key: str) -> str | None:
    """Return the party of a key, or None."""
    found: str | None = connection.scalar(select(GS1_KEYS.c.party).where(GS1_KEYS.c.key == key))
    return found


def add_key(connection: Connection, key: str, *, party: str) -> None:
    """Store the party of a key."""
    insert_rows(connection, GS1_KEYS, [(key, party)])


def add_path(connection: Connection, row: PathRow) -> None:
    """Store the lot or plant of a path."""
    insert_rows(connection, GS1_PATHS, [row])


def path_rows(connection: Connection, paths: Sequence[str]) -> dict[str, PathRow]:
    """Return the rows of those of `paths` that are known."""
    rows = connection.execute(select(GS1_PATHS).where(GS1_PATHS.c.path.in_(paths)))
    return {row[0]: PathRow(*row) for row in rows}


def paths_of_lot(connection: Connection, issuance: bytes, output: int) -> list[PathRow]:
    """Return the paths of a lot, oldest first."""
    column = GS1_PATHS.c
    query = select(GS1_PATHS).where(column.issuance == issuance, column.output == output)
    return [PathRow(*row) for row in connection.execute(query.order_by(column.at_ms, column.path))]
