"""Write rows: one statement a table for a whole commit.

Rules: rows are inserted in the order of their references, and only inside the append's transaction
(`ledger.registry.append`).  This module commits nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, get_args

from sqlalchemy import Connection, Dialect, Table, bindparam, delete, select, update

from ledger.log.merkle import Growth
from ledger.log.tile import ENTRIES as BUNDLE
from ledger.log.tile import Tile, new_tiles
from ledger.store import schema
from ledger.store.engine import insert_rows
from ledger.store.logs import stored_tiles
from schemas.vocabulary import Audience

AUDIENCES: Final[tuple[Audience, ...]] = get_args(Audience)
"""The audiences, from the one that sees least to the one that sees everything."""


def narrower(one: Audience, other: Audience) -> Audience:
    """Return the audience that sees less."""
    return min(one, other, key=AUDIENCES.index)


Row = tuple["Table", tuple[object, ...]]
"""A row with its table."""


_IN_ORDER: Final = tuple(schema.METADATA.sorted_tables)
"""The tables, referenced ones first."""


def insert_all(connection: Connection, rows: Iterable[Row]) -> None:
    """Insert rows of any tables, referenced tables first."""
    by_table: dict[Table, list[tuple[object, ...]]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    for table in _IN_ORDER:
        if table in by_table:
            insert_rows(connection, table, by_table[table])


def mark_used(connection: Connection, uses: Sequence[tuple[int, bytes]]) -> None:
    """Store in each holding the entry that used it, `(entry, commitment)` each."""
    if uses:
        connection.exec_driver_sql(_use_text(connection.dialect), list(uses))


@cache
def _use_text(dialect: Dialect) -> str:
    statement = update(schema.HOLDINGS).values(used=0).where(schema.HOLDINGS.c.commitment == b"")
    return str(statement.compile(dialect=dialect))


def drop_offers(connection: Connection, holdings: Sequence[bytes]) -> None:
    """Delete the offers of these holdings: settled, or expired."""
    connection.execute(_DROPPED, {"holdings": holdings})


_DROPPED: Final = delete(schema.OFFERS).where(schema.OFFERS.c.holding.in_(bindparam("holdings", expanding=True)))


def grant(connection: Connection, certificate: bytes, *, party: str, audience: Audience) -> None:
    """Let a party see a certificate as an audience; a party that already sees it keeps the wider view."""
    column = schema.GRANTS.c
    place = (column.certificate == certificate) & (column.party == party)
    before = connection.scalar(select(column.audience).where(place))
    if before is None:
        insert_rows(connection, schema.GRANTS, [(certificate, party, audience)])
    elif AUDIENCES.index(before) < AUDIENCES.index(audience):
        connection.execute(update(schema.GRANTS).where(place).values(audience=audience))


_GROWN: Final = (
    update(schema.TILES)
    .where(schema.TILES.c.level == bindparam("of"), schema.TILES.c.position == bindparam("at"))
    .values(hashes=bindparam("grown"))
)


def grow_tiles(connection: Connection, old_size: int, growth: Growth, *, first: int = 0) -> None:
    """Write the hashes of new entries into tiles of the log that begins at `first`.

    Only the last tile of a level is rewritten.
    """
    tiles = [tile for tile in new_tiles(old_size, growth.frontier.size) if tile.level != BUNDLE]
    before = stored_tiles(connection, [Tile(tile.level, tile.index) for tile in tiles], first=first)
    for tile, kept in zip(tiles, before, strict=True):
        new = b"".join(growth.hashes[node] for node in tile.nodes[len(kept) // 32 :])
        if kept:
            connection.execute(_GROWN, {"of": tile.level, "at": first + tile.index, "grown": kept + new})
        else:
            insert_rows(connection, schema.TILES, [(tile.level, first + tile.index, new)])
