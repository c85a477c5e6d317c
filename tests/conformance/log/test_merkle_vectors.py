"""RFC 6962 vectors of transparency-dev/merkle and the reference tree of Certificate Transparency."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ledger.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def tree(shared: Path) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((shared / "vectors/log/rfc6962_tree.json").read_text())
    return vectors


def test_hashes(tree: dict[str, Any]) -> None:
    assert bytes.fromhex(tree["empty_root"]) == EMPTY_ROOT
    assert len(tree["hasher"]) == 3
    for case in tree["hasher"]:
        parts = [bytes.fromhex(case[name]) for name in ("data", "left", "right") if name in case]
        hashed = leaf_hash(*parts) if case["op"] == "leaf" else node_hash(*parts)
        assert hashed.hex() == case["want"]


def test_the_reference_tree(tree: dict[str, Any]) -> None:
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in tree["leaves_hex"]]
    assert [leaf.hex() for leaf in leaves] == tree["leaf_hashes"]
    grown = [Frontier().append(leaves[:size]) for size in range(9)]
    assert [growth.frontier.root().hex() for growth in grown[1:]] == tree["roots"]
    assert len(tree["inclusion"]) == len(tree["consistency"]) == 36
    for case in tree["inclusion"]:
        index, size, proof = case["leaf_index"], case["tree_size"], [bytes.fromhex(step) for step in case["proof"]]
        assert prove_inclusion(grown[8], index=index, size=size) == proof
        verify_inclusion(proof, size=size, root=grown[size].frontier.root(), index=index, leaf=leaves[index])
    for case in tree["consistency"]:
        old, new, proof = case["size1"], case["size2"], [bytes.fromhex(step) for step in case["proof"]]
        assert prove_consistency(grown[8], old_size=old, new_size=new) == proof
        roots = {"old_root": grown[old].frontier.root(), "new_root": grown[new].frontier.root()}
        verify_consistency(proof, old_size=old, new_size=new, **roots)
