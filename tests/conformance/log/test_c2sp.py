"""Notes, checkpoints, tile paths and a whole log as other implementations of C2SP's formats write them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.head import open_head, sign_head
from ledger.log.merkle import Frontier, leaf_hash, prove_consistency, prove_inclusion, verify_consistency
from ledger.log.tile import ENTRIES, Tile, TileHashes, bundle_bytes, new_tiles, parse_bundle, tile_at
from ledger.log.vkey import VerifierKey, open_note, sign_note
from schemas.checkpoint import Checkpoint
from schemas.note import Cosignature, Note
from schemas.problem import CheckError, InputError
from tests.support.worlds.tiles import tile_bytes

if TYPE_CHECKING:
    from pathlib import Path


def vectors(shared: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((shared / "vectors/log" / f"{name}.json").read_text())
    return read


def signing_key(case: dict[str, str]) -> Ed25519PrivateKey:
    """Return the published test key of a vector: from its seed, or from Go's text form (type byte, then seed)."""
    raw = (
        b64decode(case["skey"].split(" ")[0].split("+", 4)[4])[1:]
        if "skey" in case
        else bytes.fromhex(case["seed_hex"])
    )
    return Ed25519PrivateKey.from_private_bytes(raw)


def test_signed_notes(shared: Path) -> None:
    cases = vectors(shared, "signed_notes")
    assert [case["valid"] for case in cases["notes"]] == [True] * 3
    for case in cases["notes"]:
        key, note = VerifierKey.parse(case["vkey"]), Note.parse(case["note"])
        assert [endorsed.key for endorsed in open_note(note, [key])] == [key]
        assert note.to_text() == case["note"]
        with pytest.raises(CheckError):
            open_note(Note("x" + note.text, note.signatures), [key])
        if "skey" in case or "seed_hex" in case:
            assert sign_note(note.text, key, signing_key(case).sign).to_text() == case["note"]
    assert len(cases["bad_vkeys"]) == 2
    for text in cases["bad_vkeys"]:
        with pytest.raises(InputError):
            VerifierKey.parse(text)


def test_the_examples_of_the_specifications(shared: Path) -> None:
    examples = vectors(shared, "c2sp_examples")
    note = Note.parse(examples["cosigned_checkpoint"])
    assert note.to_text() == examples["cosigned_checkpoint"]
    told = Checkpoint.parse(note.text)
    assert (told.origin, told.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert Note.parse(examples["checkpoint"]).text == told.to_text() == note.text
    cosigned = Cosignature.parse(note.signatures[1].signature)
    assert cosigned.time_s == 1_679_315_147
    assert cosigned.message(note.text).decode() == examples["cosignature_message"]
    _, _, requested = examples["add_checkpoint_request"].partition("\n\n")
    assert len(Note.parse(requested).signatures) == 2


def test_tile_paths(shared: Path) -> None:
    cases = vectors(shared, "tile_paths")
    for case in cases["tile_path"]:
        tile = Tile(case["level"], case["index"], case["p"] or 256)
        assert tile.to_path() == case["path"]
        assert Tile.parse(case["path"]) == tile
    for case in cases["entries_path_for_index"]:
        tile = tile_at(ENTRIES, case["seq"] // 256, case["log_size"])
        assert tile.to_path() == case["path"]
        assert Tile.parse(case["path"]) == tile
    for case in cases["index_encoding"]:
        assert Tile(0, case["n"]).to_path() == f"tile/0/{case['path']}"


def test_tiles_for_size(shared: Path) -> None:
    for case in vectors(shared, "tile_paths")["tiles_for_size"]:
        tiles = [tile for tile in new_tiles(0, case["size"]) if tile.level != ENTRIES]
        counted = {f"level{level}_full": 0 for level in range(3)}
        for tile in tiles:
            if tile.width == 256:
                counted[f"level{tile.level}_full"] += 1
            else:
                counted[f"level{tile.level}_partial"] = tile.width
        assert {name: count for name, count in counted.items() if count} == {
            name: count for name, count in case.items() if name != "size"
        }


def test_a_log_of_another_implementation(shared: Path) -> None:
    log = vectors(shared, "tlog_tiles_log15")
    key, entries = VerifierKey.parse(log["vkey"]), [entry.encode() for entry in log["entries"]]
    files = {path: held.get("text", "").encode() or b64decode(held["b64"]) for path, held in log["files"].items()}
    whole = Frontier().append(map(leaf_hash, entries))
    frontier = Frontier()
    for size in range(16):
        head = open_head(files[f"checkpoint.{size}"], key)
        assert (head.size, head.root) == (size, frontier.root())
        again = sign_head(key, size=size, root=head.root, sign=signing_key(log).sign)
        assert again.encode() == files[f"checkpoint.{size}"]
        for tile in new_tiles(max(size - 1, 0), size):
            content = bundle_bytes(entries[:size]) if tile.level == ENTRIES else tile_bytes(whole, tile)
            assert content == files[tile.to_path()]
        if size < 15:
            frontier = frontier.append([leaf_hash(entries[size])]).frontier
    assert open_head(files["checkpoint"], key).size == 15
    assert parse_bundle(files["tile/entries/000.p/15"], Tile(ENTRIES, 0, 15)) == entries


def test_the_tiles_of_another_implementation_prove(shared: Path) -> None:
    log = vectors(shared, "tlog_tiles_log15")
    files = log["files"]
    key = VerifierKey.parse(log["vkey"])
    tiles = TileHashes(15, lambda wanted: [b64decode(files[tile.to_path()]["b64"]) for tile in wanted])
    head = open_head(files["checkpoint"]["text"], key)
    for size in range(1, 16):
        old = open_head(files[f"checkpoint.{size}"]["text"], key)
        proof = prove_consistency(tiles, old_size=size, new_size=15)
        verify_consistency(proof, old_size=size, old_root=old.root, new_size=15, new_root=head.root)
        assert len(prove_inclusion(tiles, index=size - 1, size=15)) <= 4
