from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.log.merkle import Frontier, leaf_hash, prove_consistency, prove_inclusion, root
from ledger.log.tile import ENTRIES, Tile, TileHashes, bundle_bytes, new_tiles, parse_bundle, tile_at
from schemas.problem import CheckError, InputError
from tests.oracles.rfc6962 import Tree
from tests.support.worlds.tiles import tile_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG = [b"%d" % number for number in range(1000)]
TREE = Tree(LOG)


def published(size: int) -> TileHashes:
    """Return a reader over nothing but the tiles of the tree of `size` entries, and see what it asks for."""

    def fetch(tiles: Sequence[Tile]) -> list[bytes]:
        assert len(set(tiles)) == len(tiles)
        return [tile_bytes(TREE, tile) for tile in tiles]

    return TileHashes(size, fetch)


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 511, 512, 600, 768, 1000])
def test_tiles_alone_give_root_and_proofs(size: int) -> None:
    tiles = published(size)
    assert root(tiles, size) == TREE.mth(0, size)
    for index in range(0, size, 37):
        assert prove_inclusion(tiles, index=index, size=size) == TREE.path(index, 0, size)
        assert prove_consistency(tiles, old_size=index + 1, new_size=size) == TREE.proof(index + 1, size)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    short = TileHashes(600, lambda tiles: [tile_bytes(TREE, tile)[:-1] for tile in tiles])
    with pytest.raises(CheckError) as failed:
        root(short, 600)
    assert failed.value.code == "log.tile-width"


def test_new_tiles_publish_every_hash_and_entry_that_is_new_and_no_old_full_tile() -> None:
    for old, new in [(0, 1), (0, 256), (255, 256), (256, 257), (250, 600), (512, 513), (3, 1000), (70_000, 140_000)]:
        tiles = new_tiles(old, new)
        nodes = {node for tile in tiles if tile.level != ENTRIES for node in tile.nodes}
        for level in (0, 8, 16):
            assert {(level, index) for index in range(old >> level, new >> level)} <= nodes
        assert all((index + 1) << level <= new for level, index in nodes)
        assert all(tile == tile_at(tile.level, tile.index, new) for tile in tiles)
        assert {t.index for t in tiles if t.level == ENTRIES} == {t.index for t in tiles if t.level == 0}
        assert all((tile.nodes[-1][1] + 1) << tile.nodes[-1][0] > old for tile in tiles)


def test_nothing_new_needs_no_tile() -> None:
    assert new_tiles(0, 0) == []
    assert new_tiles(600, 600) == []


def test_a_growth_reads_its_own_new_tiles() -> None:
    growth = Frontier().append(map(leaf_hash, LOG))
    for tile in new_tiles(0, 1000):
        if tile.level != ENTRIES:
            assert tile_bytes(growth, tile) == tile_bytes(TREE, tile)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257), (0, 2**55, 256)]
)
def test_a_tile_that_cannot_be_is_refused(level: int, index: int, width: int) -> None:
    with pytest.raises(InputError) as refused:
        Tile(level, index, width)
    assert refused.value.code == "log.tile"


def test_a_tree_has_no_tile_beyond_its_end() -> None:
    assert tile_at(1, 0, 600) == Tile(1, 0, 2)
    assert tile_at(0, 0, 600) == Tile(0, 0, 256)
    for level, index in [(0, 3), (1, 1), (2, 0)]:
        with pytest.raises(InputError):
            tile_at(level, index, 600)


def test_the_largest_index_has_a_path_and_the_next_one_none() -> None:
    last = Tile(0, 2**55 - 1)
    assert Tile.parse(last.to_path()) == last
    for path in ["tile/0/x036/x028/x797/x018/x963/968", "tile/0/x999/x999/x999/x999/x999/x999/999"]:
        with pytest.raises(InputError) as refused:
            Tile.parse(path)
        assert refused.value.code == "log.tile-path"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/00/000",
        "tile/1x/000",
        "tile/Entries/000",
        "tile/0/0000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/",
        "tile/0/000.p/-1",
        "tile/0/000.p/1/2",
        "tile/0/٠٠٠",
        "tile/0/000.P/1",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    with pytest.raises(InputError) as refused:
        Tile.parse(path)
    assert refused.value.code == "log.tile-path"


def test_a_bundle_holds_exactly_its_width() -> None:
    entries = [b"", b"one", b"x" * 65_535]
    raw = bundle_bytes(entries)
    assert raw[:7] == b"\x00\x00\x00\x03one"
    assert parse_bundle(raw, Tile(ENTRIES, 0, 3)) == entries
    for wrong, width in [(raw, 2), (raw, 4), (raw[:-1], 3), (raw + b"\x00", 3), (raw + b"\x00\x00", 3), (b"", 1)]:
        with pytest.raises(InputError) as refused:
            parse_bundle(wrong, Tile(ENTRIES, 0, width))
        assert refused.value.code == "log.bundle"


def test_an_entry_too_long_for_its_length_bytes_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        bundle_bytes([bytes(65_536)])
    assert refused.value.code == "log.entry-size"
