"""The tiles of C2SP (c2sp.org/tlog-tiles): the layout of a log in immutable files.

Rules:

1. A tile is up to 256 consecutive hashes of level ``8 * level``.  An entry bundle is up to 256 consecutive entries,
   each after its length in two big-endian bytes.
2. The path is ``tile/<level>/<index>[.p/<width>]`` or ``tile/entries/<index>[.p/<width>]``.  The index is in groups of
   three digits, all but the last behind an ``x``.  Only a partial tile has a width, 1 to 255.  There is one spelling.
3. A published tile never changes; a wider one starts with the same bytes.

This module stores and fetches nothing.  It trusts nothing: hashes from tiles count only through a proof against a
verified head.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from ledger.log.merkle import HASH_BYTES, Node, node_hash
from schemas.checkpoint import MAX_TREE_SIZE
from schemas.problem import CheckError, InputError

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
ENTRIES: Final = -1
"""The level of an entry bundle, below the tiles of level 0."""
ROWS_KEPT: Final = 1024
"""Row hashes in the cache: 4 MiB at most."""
MAX_LEVEL: Final = 63
MAX_ENTRY_BYTES: Final = 2**16 - 1
"""The largest number in the two length bytes of a bundle."""

_PATH: Final = re.compile(
    r"tile/(entries|[0-9]|[1-9][0-9])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """The name of a tile: `level` (0 to 63, or `ENTRIES`), `index` within the level, `width` in hashes or entries."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        """Check the name, or raise."""
        if not (
            ENTRIES <= self.level <= MAX_LEVEL
            and 0 <= self.index <= MAX_TREE_SIZE >> HEIGHT
            and 0 < self.width <= WIDTH
        ):
            raise InputError.at("log.tile", level=self.level, index=self.index, width=self.width)

    @property
    def nodes(self) -> list[Node]:
        """Return the nodes whose hashes are the content of a tile; for a bundle, the leaves of its entries."""
        first = self.index * WIDTH
        height = HEIGHT * max(self.level, 0)
        return [(height, number) for number in range(first, first + self.width)]

    def to_path(self) -> str:
        """Return the path below the log's prefix, without a leading slash."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{number}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @classmethod
    def parse(cls, path: str) -> Self:
        """Parse a path as `to_path` writes it.

        Raises:
            InputError: `log.tile-path`.
        """
        if not (found := _PATH.fullmatch(path)):
            raise InputError.at("log.tile-path", path=path)
        level, number, width = found.groups()
        try:
            tile = cls(
                ENTRIES if level == "entries" else int(level),
                int(number.replace("/", "").replace("x", "")),
                int(width or WIDTH),
            )
        except InputError as error:
            raise InputError.at("log.tile-path", path=path) from error
        if tile.to_path() != path:
            raise InputError.at("log.tile-path", path=path)
        return tile


def tile_at(level: int, index: int, size: int) -> Tile:
    """Return the tile `index` of `level` with its width in a tree of `size` entries.

    Raises:
        InputError: `log.tile` if the tree has no such tile yet.
    """
    return Tile(level, index, min(WIDTH, (size >> HEIGHT * max(level, 0)) - index * WIDTH))


def new_tiles(old_size: int, new_size: int) -> list[Tile]:
    """Return the tiles and bundles to publish when a tree grows from `old_size` to `new_size`, lowest level first.

    Each has its width at the new size, so partial tiles between the two sizes are left out.
    """
    levels = range(-(-new_size.bit_length() // HEIGHT))
    spans = [(level, old_size >> HEIGHT * level, new_size >> HEIGHT * level) for level in levels]
    return [
        tile_at(level, index, new_size)
        for level, old, new in [(ENTRIES, old_size, new_size), *spans]
        if old < new
        for index in range(old // WIDTH, -(-new // WIDTH))
    ]


@dataclass(frozen=True, slots=True)
class TileHashes:
    """A `HashReader` over a tree's tiles; it hashes nodes between tile levels from the row below.

    `fetch` returns the bytes of each tile, in order.  Each read calls it once, with no tile twice.
    """

    size: int
    fetch: Callable[[Sequence[Tile]], Sequence[bytes]]

    def read_hashes(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Return the hash of each node.

        Raises:
            CheckError: `log.tile-width` if a tile has the wrong length.
        """
        homes = [tile_at(level // HEIGHT, (index << level % HEIGHT) // WIDTH, self.size) for level, index in nodes]
        wanted = list(dict.fromkeys(homes))
        tiles = dict(zip(wanted, self.fetch(wanted), strict=True))
        for tile, content in tiles.items():
            if len(content) != tile.width * HASH_BYTES:
                raise CheckError.at(
                    "log.tile-width", tile.to_path(), count=len(content), needed=tile.width * HASH_BYTES
                )
        return [_node_in(tiles[home], level % HEIGHT, index) for home, (level, index) in zip(homes, nodes, strict=True)]


def _node_in(content: bytes, height: int, index: int) -> bytes:
    """Return the hash of a node `height` levels above the row `content`; `index` counts along its own level."""
    first = (index << height) % WIDTH
    return _top(content[first * HASH_BYTES : (first + (1 << height)) * HASH_BYTES])


@lru_cache(maxsize=ROWS_KEPT)
def _top(hashes: bytes) -> bytes:
    """Return the hash above a whole row of hashes; cached, since all proofs of a log share the same few."""
    row = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def bundle_bytes(entries: Iterable[bytes]) -> bytes:
    """Return an entry bundle.

    Raises:
        InputError: `log.entry-size` if an entry is too long for its length bytes.
    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise InputError.at("log.entry-size", size=len(entry), limit=MAX_ENTRY_BYTES)
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def parse_bundle(raw: bytes, tile: Tile) -> list[bytes]:
    """Parse the entries of the bundle `tile`: exactly its width, with nothing after them.

    Raises:
        InputError: `log.bundle`.
    """
    entries, at = list[bytes](), 0
    while at < len(raw) and len(entries) < tile.width:
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        entries.append(raw[start:at])
    if at != len(raw) or len(entries) != tile.width:
        raise InputError.at("log.bundle", tile.to_path(), width=tile.width)
    return entries
