"""The logs of a registry, the open one and the closed ones before it: heads, entries, tiles and proofs.

Rules: entries are counted through all logs; a closed log lies between its end and that of the one before.  This module
closes no log (`ledger.admin.rollover` does).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Select, bindparam, desc, func, select, tuple_, union_all, update

from ledger.log.merkle import HASH_BYTES, prove_consistency
from ledger.log.tile import ENTRIES as BUNDLE
from ledger.log.tile import HEIGHT, WIDTH, Tile, TileHashes, bundle_bytes
from ledger.log.vkey import VerifierKey
from ledger.store import schema
from ledger.store.engine import ask, insert_rows
from schemas.problem import CheckError, MissingError

_CLOSED: Final = (
    select(schema.HEADS.c.size, schema.HEADS.c.note)
    .select_from(schema.HEADS.join(schema.CLOSED_LOGS, schema.CLOSED_LOGS.c.size == schema.HEADS.c.size))
    .order_by(schema.HEADS.c.size)
)
_KEYS: Final = union_all(select(schema.REGISTRY.c.log_key), select(schema.CLOSED_LOGS.c.log_key))


class StoredHead(NamedTuple):
    """A signed head: its size in entries, its checkpoint note, and the position `first` of its log's first entry."""

    size: int
    note: str
    first: int = 0

    @property
    def end(self) -> int:
        """The position of the next entry, counted through all logs."""
        return self.first + self.size

    @property
    def origin(self) -> str:
        """The name of its log."""
        return self.note.partition("\n")[0]


def log_started(connection: Connection) -> bool:
    """Return whether the log has a head."""
    return bool(ask(connection, _ANY_HEAD))


_ANY_HEAD: Final = select(schema.HEADS.c.size).limit(1)


_BEFORE: Final = select(func.coalesce(func.max(schema.CLOSED_LOGS.c.size), 0)).scalar_subquery()
_HEAD: Final = select(schema.HEADS.c.size, schema.HEADS.c.note, _BEFORE).order_by(desc(schema.HEADS.c.size)).limit(1)


def latest_head(connection: Connection) -> StoredHead:
    """Return the last committed head of the open log.

    Raises:
        MissingError: `store.record-missing` if the log was never begun.
    """
    rows = ask(connection, _HEAD)
    if not rows:
        raise MissingError.at("store.record-missing")
    end, note, first = rows[0]
    return StoredHead(end - first, note, first)


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


# -- entries and tiles ---------------------------------------------------------------------------------------------

_ENTRY: Final = select(schema.ENTRIES.c.content).where(schema.ENTRIES.c.position == bindparam("index"))


def entry(connection: Connection, index: int) -> bytes:
    """Return the bytes of an entry, counted through all logs; raise MissingError `store.record-missing`."""
    rows = ask(connection, _ENTRY, index)
    if not rows:
        raise MissingError.at("store.record-missing")
    return bytes(rows[0][0])


def entries_at(connection: Connection, positions: Sequence[int]) -> dict[int, bytes]:
    """Return the bytes of the entries at these positions, counted through all logs; at most `MOST_ASKED`."""
    rows = connection.execute(_ENTRIES_AT, {"positions": positions})
    return {position: bytes(content) for position, content in rows}


_ENTRIES_AT: Final = select(schema.ENTRIES).where(schema.ENTRIES.c.position.in_(bindparam("positions", expanding=True)))


def tile_hashes(connection: Connection, size: int, *, first: int = 0) -> TileHashes:
    """Return a reader of the hashes of the tree of `size` entries, for the log with its first entry at `first`."""
    return TileHashes(size, lambda tiles: stored_tiles(connection, tiles, first=first))


TILES_KEPT: Final = 1024
"""The tiles in one reader's cache: 8 MiB."""


def kept_tile_hashes(connection: Connection, size: int, *, first: int = 0) -> TileHashes:
    """Return a reader like `tile_hashes` that reads each tile once, for many proofs from one snapshot."""
    kept: dict[Tile, bytes] = {}

    def fetch(tiles: Sequence[Tile]) -> list[bytes]:
        missing = [tile for tile in tiles if tile not in kept]
        if len(kept) + len(missing) > TILES_KEPT:
            kept.clear()
            missing = list(tiles)
        if missing:
            kept.update(zip(missing, stored_tiles(connection, missing, first=first), strict=True))
        return [kept[tile] for tile in tiles]

    return TileHashes(size, fetch)


@cache
def _tiles(count: int) -> Select[Any]:
    column = schema.TILES.c
    places = [
        (bindparam(f"level{n}", type_=Integer), bindparam(f"position{n}", type_=BigInteger)) for n in range(count)
    ]
    return select(column.level, column.position, column.hashes).where(
        tuple_(column.level, column.position).in_([tuple_(*place) for place in places])
    )


def stored_tiles(connection: Connection, tiles: Sequence[Tile], *, first: int = 0) -> list[bytes]:
    """Return the hashes of each tile with its width; empty for a missing tile."""
    if not tiles:
        return []
    asked = 1 << (len(tiles) - 1).bit_length()  # of few sizes, since each is a statement that stays compiled
    places = [*tiles, *[tiles[-1]] * (asked - len(tiles))]
    values = [value for tile in places for value in (tile.level, first + tile.index)]
    stored = {(level, position): hashes for level, position, hashes in ask(connection, _tiles(asked), *values)}
    return [stored.get((tile.level, first + tile.index), b"")[: tile.width * HASH_BYTES] for tile in tiles]


def tile_content(connection: Connection, tile: Tile, head: StoredHead) -> bytes:
    """Return the published content of a tile of the log of `head`: hashes, or a bundle of entries.

    Raises:
        MissingError: `store.record-missing` if the tree has no such tile yet.
    """
    hashes = head.size >> HEIGHT * max(tile.level, 0)
    if tile.index * WIDTH + tile.width > hashes:
        raise MissingError.at("store.record-missing")
    if tile.level != BUNDLE:
        content = stored_tiles(connection, [tile], first=head.first)[0]
        complete = len(content) == tile.width * HASH_BYTES
    else:
        first = head.first + tile.index * WIDTH
        column = schema.ENTRIES.c
        query = select(column.content).where(column.position >= first, column.position < first + tile.width)
        entries = connection.scalars(query.order_by(column.position)).all()
        content, complete = bundle_bytes(entries), len(entries) == tile.width
    if not complete:
        raise MissingError.at("store.record-missing")
    return content


def consistency(connection: Connection, *, old_size: int, new_size: int) -> list[bytes]:
    """Return the proof that the tree of `old_size` entries is the beginning of that of `new_size`."""
    return prove_consistency(tile_hashes(connection, new_size), old_size=old_size, new_size=new_size)
