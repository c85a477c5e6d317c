from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.entry import Entry, EntryKind, ListVersion, PurposeCode, StatusBit
from ledger.log.merkle import (
    Frontier,
    NeighbourProofs,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from ledger.log.tile import ENTRIES, Tile, bundle_bytes, parse_bundle
from ledger.log.vkey import KeyType, VerifierKey
from schemas.checkpoint import Checkpoint
from schemas.note import Note, Signature
from schemas.problem import CheckError, InputError
from tests.oracles.rfc6962 import Tree

digests = st.binary(min_size=32, max_size=32)
u32 = st.integers(0, 2**32 - 1)
u63 = st.integers(0, 2**63 - 1)
names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="+"), min_size=1)
bits = st.builds(StatusBit, u32, u32, st.sampled_from(PurposeCode), st.integers(0, 1))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(EntryKind))
    return Entry(
        kind,
        draw(u63),
        draw(digests),
        tuple(sorted(draw(st.sets(digests, max_size=5)))),
        tuple(sorted(draw(st.lists(bits, max_size=5, unique_by=lambda bit: bit[:3])))),
        None if kind is EntryKind.RECORD else ListVersion(draw(u63), draw(digests)),
    )


@given(entries())
def test_an_entry_survives_its_bytes(entry: Entry) -> None:
    assert Entry.parse(entry.to_bytes()) == entry


@given(entries(), st.data())
def test_a_changed_entry_is_another_entry_or_none(entry: Entry, data: st.DataObject) -> None:
    raw = bytearray(entry.to_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = Entry.parse(bytes(raw))
    except InputError:
        return
    assert other != entry
    assert other.to_bytes() == bytes(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_with_these_bytes_or_refused(raw: bytes) -> None:
    try:
        entry = Entry.parse(raw)
    except InputError:
        return
    assert entry.to_bytes() == raw


@given(st.builds(Tile, st.integers(ENTRIES, 63), st.integers(0, 2**55 - 1), st.integers(1, 256)))
def test_a_tile_survives_its_path(tile: Tile) -> None:
    assert Tile.parse(tile.to_path()) == tile


@given(st.from_regex(r"\Atile/(entries|[0-9]{1,2})/(x?[0-9]{1,3}/){0,2}[0-9]{1,4}(\.p/[0-9]{1,3})?\Z"))
def test_a_path_is_the_one_spelling_of_its_tile_or_refused(path: str) -> None:
    try:
        tile = Tile.parse(path)
    except InputError:
        return
    assert tile.to_path() == path


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_entries_survive_their_bundle(held: list[bytes]) -> None:
    assert parse_bundle(bundle_bytes(held), Tile(ENTRIES, 0, len(held))) == held


texts = st.text(st.characters(exclude_categories=("Cs", "Cc"))).map(lambda text: text + "\n")
signatures = st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))


@given(texts, st.lists(signatures, min_size=1, max_size=4).map(tuple))
def test_a_note_survives_its_text(text: str, lines: tuple[Signature, ...]) -> None:
    note = Note(text, lines)
    assert Note.parse(note.to_text()) == note


@given(st.builds(Checkpoint, names, u63, digests))
def test_a_checkpoint_survives_its_text(told: Checkpoint) -> None:
    assert Checkpoint.parse(told.to_text()) == told


@given(st.builds(VerifierKey, names, digests, st.sampled_from(KeyType)))
def test_a_verifier_key_survives_its_text(key: VerifierKey) -> None:
    assert VerifierKey.parse(key.to_text()) == key


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=60), st.data())
def test_the_tree_agrees_with_its_definition(held: list[bytes], data: st.DataObject) -> None:
    tree, size = Tree(held), len(held)
    cut = data.draw(st.integers(0, size))
    first = Frontier().append(map(leaf_hash, held[:cut]))
    both = first.frontier.append(map(leaf_hash, held[cut:]))
    assert both.frontier.root() == tree.mth(0, size)
    assert not first.hashes.keys() & both.hashes.keys()
    index = data.draw(st.integers(0, size - 1))
    assert prove_inclusion(tree, index=index, size=size) == tree.path(index, 0, size)
    assert prove_consistency(tree, old_size=index + 1, new_size=size) == tree.proof(index + 1, size)


@given(st.integers(1, 50), st.integers(1, 50), st.data())
def test_a_changed_consistency_proof_fails(old: int, new: int, data: st.DataObject) -> None:
    old, new = sorted((old, new))
    tree = Tree([b"%d" % number for number in range(50)])
    proof = tree.proof(old, new)
    told = [tree.mth(0, old), tree.mth(0, new), *proof]
    at = data.draw(st.integers(0, len(told) - 1))
    told[at] = bytes([told[at][0] ^ 1]) + told[at][1:]
    for old_root, new_root, *wrong in [told, [*told[:2], *proof, bytes(32)], [*told[:2], *proof[:-1], bytes(31)]]:
        with pytest.raises(CheckError):
            verify_consistency(wrong, old_size=old, old_root=old_root, new_size=new, new_root=new_root)


@given(st.integers(1, 70), st.data())
def test_proofs_that_share_their_way_hold_just_where_each_alone_does(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    growth = Frontier().append(leaves)
    tree = NeighbourProofs(size, growth.frontier.root())
    for _ in range(8):
        index = data.draw(st.integers(0, size - 1))
        proof, leaf = prove_inclusion(growth, index=index, size=size), leaves[index]
        changed = data.draw(st.integers(-1, len(proof)))
        if 0 <= changed < len(proof):
            proof[changed] = data.draw(digests)
        elif changed == len(proof):
            leaf = data.draw(digests)
        index = data.draw(st.sampled_from([index, index, index, size - 1 - index]))
        alone = together = True
        try:
            verify_inclusion(proof, size=size, root=tree.root, index=index, leaf=leaf)
        except CheckError:
            alone = False
        try:
            tree.verify(proof, index=index, leaf=leaf, hashes=list)
        except CheckError:
            together = False
        assert together is alone
