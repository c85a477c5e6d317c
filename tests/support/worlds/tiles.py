"""The content of a log's tiles, from any reader of its hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.log.merkle import HashReader
    from ledger.log.tile import Tile


def tile_bytes(reader: HashReader, tile: Tile) -> bytes:
    """Return the content of a tile (not of a bundle): its hashes, one after the other."""
    return b"".join(reader.read_hashes(tile.nodes))
