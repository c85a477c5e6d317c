"""Attacks on the log: proofs, heads and tile paths (cases LG-01, 02, 03 and 05 of the attack catalogue)."""

from __future__ import annotations

import base64
import json
import random
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.head import open_head, sign_head
from ledger.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tile import ENTRIES, Tile, TileHashes, bundle_bytes, parse_bundle, tile_at
from ledger.log.vkey import VerifierKey, sign_note
from schemas.note import Note
from schemas.problem import CheckError, InputError
from tests.oracles.rfc6962 import Tree
from tests.support.worlds.tiles import tile_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ledger.log.merkle import Node


def accepted(verify: Callable[[], None]) -> bool:
    """Say whether a proof is accepted; any exception but a failed check ends the test."""
    try:
        verify()
    except CheckError:
        return False
    return True


def steps(case: dict[str, Any]) -> list[bytes]:
    return [b64decode(step) for step in case["proof"] or ()]


def test_lg_01_inclusion_vectors(shared: Path) -> None:
    cases = json.loads((shared / "vectors/log/merkle_inclusion.json").read_text())["vectors"]
    outcomes = [
        accepted(
            lambda case=case: verify_inclusion(  # type: ignore[misc]
                steps(case),
                size=case["treeSize"],
                root=b64decode(case["root"]),
                index=case["leafIdx"],
                leaf=b64decode(case["leafHash"]),
            )
        )
        for case in cases
    ]
    assert len(cases) == 98
    assert outcomes == [not case["wantErr"] for case in cases]


def test_lg_01_consistency_vectors(shared: Path) -> None:
    cases = json.loads((shared / "vectors/log/merkle_consistency.json").read_text())["vectors"]
    outcomes = [
        accepted(
            lambda case=case: verify_consistency(  # type: ignore[misc]
                steps(case),
                old_size=case["size1"],
                old_root=b64decode(case["root1"]),
                new_size=case["size2"],
                new_root=b64decode(case["root2"]),
            )
        )
        for case in cases
    ]
    assert len(cases) == 98
    assert outcomes == [not case["wantErr"] for case in cases]


class Stored:
    """The hashes of a log as a store keeps them: added once, never changed."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.hashes: dict[Node, bytes] = {}

    def append(self, entries: Sequence[bytes]) -> None:
        growth = self.frontier.append(map(leaf_hash, entries))
        assert not self.hashes.keys() & growth.hashes.keys()
        self.hashes.update(growth.hashes)
        self.frontier = growth.frontier

    def read_hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self.hashes[node] for node in nodes]


def test_lg_02_a_fresh_log_of_1025_entries_agrees_with_the_oracle() -> None:
    entries = [b"entry %d" % number for number in range(1025)]
    tree, log, proofs = Tree(entries), Stored(), 0
    for size in range(1, 1026):
        log.append([entries[size - 1]])
        head = log.frontier.root()
        assert head == tree.mth(0, size)
        if size > 300 and size % 41:
            continue
        for index in range(size):
            proof = prove_inclusion(log, index=index, size=size)
            verify_inclusion(proof, size=size, root=head, index=index, leaf=leaf_hash(entries[index]))
            proofs += 1
    assert proofs > 50_000
    draw = random.Random(2)  # noqa: S311 - a fixed sample
    for _ in range(500):
        old, new = sorted((draw.randint(1, 1025), draw.randint(1, 1025)))
        proof = prove_consistency(log, old_size=old, new_size=new)
        assert proof == tree.proof(old, new)
        verify_consistency(proof, old_size=old, old_root=tree.mth(0, old), new_size=new, new_root=tree.mth(0, new))


SECRET = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
LOG = VerifierKey("log.example/1", SECRET.public_key().public_bytes_raw())
NAMESAKE = VerifierKey(LOG.name, OTHER.public_key().public_bytes_raw())
STRANGER = VerifierKey("stranger.example", OTHER.public_key().public_bytes_raw())
ROOT = base64.b64encode(b"\x09" * 32).decode()
GOOD = sign_head(LOG, size=7, root=b"\x09" * 32, sign=SECRET.sign)


def line(text: str, key: VerifierKey, secret: Ed25519PrivateKey) -> str:
    return sign_note(text, key, secret.sign).to_text().removeprefix(text + "\n")


def signed(text: str) -> str:
    """Return a note whose signature is right, so that nothing but its text can be refused."""
    return f"{text}\n{line(text, LOG, SECRET)}"


def with_key_id(note: str, key_id: bytes) -> str:
    name, encoded = note.rstrip("\n").rsplit(" ", 1)
    return f"{name} {base64.b64encode(key_id + b64decode(encoded)[4:]).decode()}\n"


BODY = f"log.example/1\n7\n{ROOT}\n"
BAD_HEADS: dict[str, str | bytes] = {
    "no origin": signed(f"7\n{ROOT}\n"),
    "empty origin": signed(f"\n7\n{ROOT}\n"),
    "other origin": signed(f"log.example/2\n7\n{ROOT}\n"),
    "no size": signed(f"log.example/1\n{ROOT}\n"),
    "no root": signed("log.example/1\n7\n"),
    "size 007": signed(f"log.example/1\n007\n{ROOT}\n"),
    "size -1": signed(f"log.example/1\n-1\n{ROOT}\n"),
    "size 2^64": signed(f"log.example/1\n{2**64}\n{ROOT}\n"),
    "size with a sign": signed(f"log.example/1\n+7\n{ROOT}\n"),
    "size with an underscore": signed(f"log.example/1\n1_0\n{ROOT}\n"),
    "size in other digits": signed(f"log.example/1\n٧\n{ROOT}\n"),
    "size 0 with a root": signed(f"log.example/1\n0\n{ROOT}\n"),
    "extra blank line in the text": signed(f"log.example/1\n\n7\n{ROOT}\n"),
    "extra blank line before the signatures": GOOD.replace("\n\n", "\n\n\n"),
    "extra blank line at the end": GOOD + "\n",
    "no blank line": GOOD.replace("\n\n", "\n"),
    "extension line": signed(BODY + "more\n"),
    "CR LF": GOOD.replace("\n", "\r\n"),
    "control character in the origin": GOOD.replace("log.example/1\n7", "log.example/1\x07\n7"),
    "not UTF-8": GOOD.encode().replace(b"log.example/1\n7", b"log.example/\xff\n7"),
    "overlong UTF-8": GOOD.encode().replace(b"log.example/1\n7", b"log.example\xc0\xaf1\n7"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "wrong key id": with_key_id(GOOD, b"\x00" * 4),
    "unknown key with the right name": f"{BODY}\n{line(BODY, NAMESAKE, OTHER)}",
    "unknown key with the right name and id": with_key_id(f"{BODY}\n{line(BODY, NAMESAKE, OTHER)}", LOG.key_id),
    "two signatures, the second wrong": GOOD + line("other text\n", LOG, SECRET),
    "two signatures, the first wrong": f"{BODY}\n" + line("other text\n", LOG, SECRET) + line(BODY, LOG, SECRET),
    "101 signatures": GOOD + line(BODY, STRANGER, OTHER) * 100,
    "no signature": BODY + "\n",
    "root of 31 bytes": signed(f"log.example/1\n7\n{base64.b64encode(bytes(31)).decode()}\n"),
    "root of 33 bytes": signed(f"log.example/1\n7\n{base64.b64encode(bytes(33)).decode()}\n"),
    "root without padding": signed(f"log.example/1\n7\n{ROOT.rstrip('=')}\n"),
    "root with loose bits": signed(f"log.example/1\n7\n{ROOT[:-2]}l=\n"),
    "root in the URL alphabet": signed("log.example/1\n7\n" + base64.urlsafe_b64encode(b"\xff" * 32).decode() + "\n"),
    "no final newline": GOOD[:-1],
    "nothing": "",
    "other size under the signature": GOOD.replace("\n7\n", "\n8\n"),
}


@pytest.mark.parametrize("attack", BAD_HEADS)
def test_lg_03_a_mutated_head_is_refused(attack: str) -> None:
    with pytest.raises((InputError, CheckError)) as refused:
        open_head(BAD_HEADS[attack], LOG)
    assert refused.value.code.startswith("log.")
    assert refused.value.problems[0].sentence().isprintable()


def test_lg_03_no_flipped_byte_of_a_head_is_accepted() -> None:
    raw = GOOD.encode()
    for at in range(len(raw)):
        for bit in range(8):
            flipped = bytearray(raw)
            flipped[at] ^= 1 << bit
            with pytest.raises((InputError, CheckError)):
                open_head(bytes(flipped), LOG)


def test_lg_03_a_good_known_signature_among_unknown_ones_is_accepted() -> None:
    others = line(BODY, STRANGER, OTHER) * 50 + line("wrong text\n", NAMESAKE, OTHER) * 49
    before, _, own = GOOD.rpartition("\n\n")
    for note in (GOOD, GOOD + others, f"{before}\n\n{others}{own}"):
        head = open_head(note, LOG)
        assert (head.origin, head.size, head.root) == ("log.example/1", 7, b"\x09" * 32)
    assert len(Note.parse(GOOD + others).signatures) == 100


def test_lg_03_the_empty_log_is_accepted() -> None:
    assert open_head(sign_head(LOG, size=0, root=EMPTY_ROOT, sign=SECRET.sign), LOG).root == EMPTY_ROOT


def test_lg_05_tiles_after_600_entries_and_after_1000_more() -> None:
    entries = [b"entry %d" % number for number in range(1600)]
    tree, log = Tree(entries), Stored()
    log.append(entries[:600])
    head = sign_head(LOG, size=600, root=log.frontier.root(), sign=SECRET.sign)
    leaves = [leaf_hash(entry) for entry in entries]
    expected = {
        "tile/0/000": b"".join(leaves[:256]),
        "tile/0/001": b"".join(leaves[256:512]),
        "tile/0/002.p/88": b"".join(leaves[512:600]),
        "tile/1/000.p/2": tree.mth(0, 256) + tree.mth(256, 512),
    }
    assert len(expected["tile/0/000"]) == 8_192
    read = {path: tile_bytes(log, Tile.parse(path)) for path in expected}
    assert read == expected
    fetched = TileHashes(600, lambda tiles: [read[tile.to_path()] for tile in tiles])
    assert Frontier.read(fetched, 600).root() == open_head(head, LOG).root == tree.mth(0, 600)
    bundles = {tile.to_path(): tile for tile in (tile_at(ENTRIES, index, 600) for index in range(3))}
    assert list(bundles) == ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"]
    for tile in bundles.values():
        own = entries[tile.index * 256 : tile.index * 256 + tile.width]
        assert parse_bundle(bundle_bytes(own), tile) == own
        assert [leaf_hash(entry) for entry in own] == log.read_hashes(tile.nodes)
    log.append(entries[600:])
    assert {path: tile_bytes(log, Tile.parse(path)) for path in expected} == read
    assert tile_bytes(log, tile_at(0, 2, 1600)).startswith(read["tile/0/002.p/88"])


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/089",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/1",
        "tile/0/../checkpoint",
        "tile/0/%2e%2e",
        "tile/0/x000/001",
        "tile/../0/000",
        "tile/0/x001",
        "tile/0/000.p/88/",
        "tile/0/000.p/+8",
        "tile/0/000?x",
        "tile/0/000\x00",
        "tile/0/x001/2345",
        "tile/entries/x000/001",
        "TILE/0/000",
    ],
)
def test_lg_05_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(InputError) as refused:
        Tile.parse(path)
    assert refused.value.code == "log.tile-path"
