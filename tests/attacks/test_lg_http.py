"""The log over HTTP: LG-05, and what C2SP says of paths and caches."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.holdings.mark import statement_digest
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, node_hash
from ledger.log.tile import Tile, parse_bundle
from ledger.registry.append import Posting, append
from tests.support.http.server import Served, serve


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Served:
    served = serve(tmp_path_factory.mktemp("log"))
    fill(served, 600)
    return served


def fill(served: Served, size: int) -> None:
    """Append entries until the log has `size`."""
    with append(served.registry) as transaction:
        texts = [f"entry {number}" for number in range(transaction.head.size, size)]
        transaction.log_each(
            [
                (Posting("withdraw", statement_digest(text), text.encode(), marks=(sha256(text.encode()).digest(),)),)
                for text in texts
            ]
        )


def test_lg_05_tiles_are_the_log_and_stay_as_they_are(long_log: Served) -> None:
    with long_log.client() as client:

        def get(path: str) -> bytes:
            answer = client.get(f"/{path}")
            assert answer.status_code == 200, path
            assert "immutable" in answer.headers["cache-control"]
            return answer.content

        checkpoint = client.get("/checkpoint")
        assert int(checkpoint.headers["cache-control"].rpartition("=")[2]) <= 5
        size = open_head(checkpoint.text, long_log.registry.log).size
        assert size >= 600
        widths = [256, 256, size - 512]
        tiles = [Tile(0, number, width) for number, width in enumerate(widths)]
        hashes = [get(tile.to_path()) for tile in tiles]
        assert [len(each) for each in hashes] == [width * 32 for width in widths]
        entries = [
            entry
            for tile in tiles
            for entry in parse_bundle(get(Tile(-1, tile.index, tile.width).to_path()), Tile(-1, tile.index, tile.width))
        ]
        assert b"".join(map(leaf_hash, entries)) == b"".join(hashes)
        upper = get("tile/1/000.p/2")
        assert upper == tree(hashes[0]) + tree(hashes[1])
        fill(long_log, size + 1000)
        assert [get(tile.to_path()) for tile in tiles[:2]] == hashes[:2]
        assert get("tile/0/002")[: len(hashes[2])] == hashes[2]


def tree(row: bytes) -> bytes:
    """Return the root over a full tile's hashes."""
    nodes = [row[at : at + 32] for at in range(0, len(row), 32)]
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


@pytest.mark.parametrize(
    "path",
    [
        "0/0", "0/001.p/0", "0/001.p/256", "0/001.p/089", "64/000", "-1/000", "0/1", "%2e%2e", "x000/001", "0/x000/001",
        "0/%30%30%30", "0/000/", "0/000.p/", "00/000", "0/000?x", "entries/0", "entries/000.p/300", "0/999", "1/001", "",
        "0/000.p/1/2", "0/000%00", "0/٠٠٠", "entries/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
def test_lg_05_a_path_has_one_spelling(long_log: Served, path: str) -> None:
    with long_log.client() as client:
        answer = client.get(f"/tile/{path}")
        assert answer.status_code in {400, 404}, answer.text
