"""The tree of an auditor's record: an independent implementation agrees, and only its own leaves lead to its root."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from pymerkle import InmemoryTree  # type: ignore[import-untyped]

from ledger.log.audit_tree import AuditTree, tree_depth, verify_path
from schemas.problem import CheckError, InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAVES = [f"leaf {number}".encode() for number in range(1500)]


def filling() -> Iterator[bytes]:
    return (sha256(f"fill {number}".encode()).digest() for number in range(1 << 12))


TREE = AuditTree.build(LEAVES, filling())


def test_pymerkle_finds_the_same_root() -> None:
    filled = [*LEAVES, *list(filling())[: 2048 - len(LEAVES)]]
    outside = InmemoryTree(algorithm="sha256")
    for leaf in sorted(filled, key=lambda each: sha256(b"\x00" + each).digest()):
        outside.append_entry(leaf)
    assert (TREE.depth, TREE.root) == (11, outside.get_root())


def test_every_leaf_has_a_path_and_no_other_has_one() -> None:
    for leaf in LEAVES[:100]:
        index, path = TREE.path(leaf)
        verify_path(path, depth=11, root=TREE.root, index=index, leaf=leaf)
        with pytest.raises(CheckError):
            verify_path(path, depth=11, root=TREE.root, index=index, leaf=leaf + b"!")
        with pytest.raises(CheckError):
            verify_path(path, depth=11, root=TREE.root, index=index ^ 1, leaf=leaf)
    with pytest.raises(InputError) as refused:
        TREE.path(b"somebody else's")
    assert refused.value.code == "audit.no-leaf"


def test_a_registry_rebuilds_the_tree_from_its_leaf_hashes() -> None:
    assert AuditTree.over(TREE.levels[0]) == TREE


def test_an_unsorted_tree_is_found_out_at_the_lowest_pair() -> None:
    hashes = [TREE.levels[0][at : at + 32] for at in range(0, len(TREE.levels[0]), 32)]
    turned = AuditTree.over(b"".join(reversed(hashes)))
    index, path = TREE.path(LEAVES[0])
    place = 2047 - index
    path = [turned.levels[level][(place >> level ^ 1) * 32 :][:32] for level in range(11)]
    with pytest.raises(OreprintError) as refused:
        verify_path(path, depth=11, root=turned.root, index=place, leaf=LEAVES[0])
    assert refused.value.code == "audit.order"


@pytest.mark.parametrize(("count", "depth"), [(0, 10), (1, 10), (1024, 10), (1025, 11), (10**6, 20), (1 << 30, 30)])
def test_the_depth_hides_small_numbers(count: int, depth: int) -> None:
    assert tree_depth(count) == depth


def test_a_tree_of_too_many_leaves_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        tree_depth((1 << 30) + 1)
    assert refused.value.code == "audit.depth"


def test_what_fills_a_tree_is_as_long_as_a_hash() -> None:
    with pytest.raises(InputError) as refused:
        AuditTree.build(LEAVES, iter([b"short"]))
    assert refused.value.code == "audit.fill"
