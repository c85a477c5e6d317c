"""Auditors' records with what is shown of them: the leaves of each tree, and its hashes.

Rules: of each auditor the newest two records are kept with their trees, the newest one perhaps above the head that
witnesses have cosigned.  Hashes are in tiles, as those of a log: every eighth level, 256 hashes a row.  A leaf that
was changed here leads to no record that an auditor signed (`ledger.audit.served` checks that).  What lies
inside leaves is kept by its digest; it stays.

This module judges no record (`ledger.changes.audited`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, desc, select

from ledger.log.merkle import HASH_BYTES, prove_inclusion
from ledger.log.tile import HEIGHT, WIDTH, Tile, TileHashes
from ledger.store.desk_schema import AUDIT_INSIDES, AUDIT_LEAVES, AUDIT_TILES, AUDITS
from ledger.store.engine import ask, insert_rows
from ledger.store.reading import MOST_ASKED

KEPT: Final = 2
"""Records of each auditor that are kept with their trees."""
_TILE_BYTES: Final = WIDTH * HASH_BYTES


class AuditRow(NamedTuple):
    """A record: its digest, auditor and number, its entry counted through all logs, the depth of its tree, its text."""

    record: bytes
    auditor: str
    number: int
    entry: int
    depth: int
    jws: str


class StoredLeaf(NamedTuple):
    """A leaf of a tree, its place in the tree, and its path to the root, lowest first."""

    leaf: bytes
    position: int
    path: Sequence[bytes]


_NEWEST: Final = select(AUDITS).where(AUDITS.c.auditor == bindparam("auditor")).order_by(desc(AUDITS.c.number))
_BELOW: Final = (
    select(AUDITS).where(AUDITS.c.entry < bindparam("end")).order_by(AUDITS.c.auditor, desc(AUDITS.c.number))
)
_LEAF: Final = select(AUDIT_LEAVES.c.leaf, AUDIT_LEAVES.c.position).where(
    AUDIT_LEAVES.c.record == bindparam("of"), AUDIT_LEAVES.c.certificate == bindparam("certificate")
)


_LEAVES: Final = select(AUDIT_LEAVES.c.leaf).where(AUDIT_LEAVES.c.certificate == bindparam("certificate"))


def leaves_about(connection: Connection, certificate: bytes) -> list[bytes]:
    """Return all leaves about a certificate in the trees that are kept."""
    return [bytes(row[0]) for row in ask(connection, _LEAVES, certificate)]


def audits_of(connection: Connection, auditor: str) -> list[AuditRow]:
    """Return the records of an auditor that are kept, the newest first."""
    return [AuditRow(*row) for row in connection.execute(_NEWEST, {"auditor": auditor})]


def newest_below(connection: Connection, end: int) -> list[AuditRow]:
    """Return the newest record of each auditor whose entry stands before `end`, counted through all logs."""
    found: dict[str, AuditRow] = {}
    for row in ask(connection, _BELOW, end):
        audit = AuditRow(*row)
        found.setdefault(audit.auditor, audit)
    return list(found.values())


def leaf_of(connection: Connection, audit: AuditRow, certificate: bytes) -> StoredLeaf | None:
    """Return the leaf of a certificate in the tree of a record, None where it has none."""
    rows = ask(connection, _LEAF, audit.record, certificate)
    if not rows:
        return None
    leaf, position = bytes(rows[0][0]), rows[0][1]
    size = 1 << audit.depth
    hashes = TileHashes(size, lambda tiles: [_tile(connection, audit.record, tile) for tile in tiles])
    return StoredLeaf(leaf, position, prove_inclusion(hashes, index=position, size=size))


def insides_of(connection: Connection, digests: Collection[bytes]) -> dict[bytes, str]:
    """Return the texts of what lies inside leaves, by their digests; at most `MOST_ASKED` are asked for."""
    found = AUDIT_INSIDES.c
    query = select(found.digest, found.text).where(found.digest.in_(digests))
    return {bytes(digest): text for digest, text in connection.execute(query)}


def keep_insides(connection: Connection, texts: Mapping[bytes, str]) -> None:
    """Keep what lies inside leaves, by its digest; what is here already stays."""
    digests = [*texts]
    for some in (digests[at : at + MOST_ASKED] for at in range(0, len(digests), MOST_ASKED)):
        known = insides_of(connection, some)
        insert_rows(connection, AUDIT_INSIDES, [(each, texts[each]) for each in some if each not in known])


_TILE: Final[Select[Any]] = select(AUDIT_TILES.c.hashes).where(
    AUDIT_TILES.c.record == bindparam("of"),
    AUDIT_TILES.c.level == bindparam("at"),
    AUDIT_TILES.c.position == bindparam("index"),
)


def _tile(connection: Connection, record: bytes, tile: Tile) -> bytes:
    rows = ask(connection, _TILE, record, tile.level, tile.index)
    return bytes(rows[0][0]) if rows else b""


def keep_audit(
    connection: Connection, audit: AuditRow, leaves: Iterable[tuple[bytes, int, bytes]], levels: Sequence[bytes]
) -> None:
    """Store a record with its leaves (certificate, index, bytes) and the hashes of its tree, level by level.

    Of the auditor's records before it, only the newest stays.
    """
    insert_rows(connection, AUDITS, [audit])
    insert_rows(connection, AUDIT_LEAVES, [(audit.record, *leaf) for leaf in leaves])
    tiles = [
        (audit.record, level, position, hashes[position * _TILE_BYTES : (position + 1) * _TILE_BYTES])
        for level, hashes in enumerate(levels[::HEIGHT])
        for position in range(-(-len(hashes) // _TILE_BYTES))
    ]
    insert_rows(connection, AUDIT_TILES, tiles)
    for old in audits_of(connection, audit.auditor)[KEPT:]:
        for table in (AUDIT_LEAVES, AUDIT_TILES, AUDITS):
            connection.execute(delete(table).where(table.c.record == old.record))
