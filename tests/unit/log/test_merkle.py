from __future__ import annotations

from typing import Any

import pytest

from ledger.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root,
    verify_consistency,
    verify_inclusion,
)
from schemas.problem import CheckError, InputError
from tests.oracles.rfc6962 import Tree

ENTRIES = [b"entry %d" % number for number in range(70)]
TREE = Tree(ENTRIES)
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == TREE.mth(0, 0) == root(TREE, 0)


def test_the_root_is_the_oracles_however_the_entries_are_grouped() -> None:
    for size in range(71):
        one_by_one = Frontier()
        for leaf in LEAVES[:size]:
            one_by_one = one_by_one.append([leaf]).frontier
        at_once = Frontier().append(LEAVES[:size]).frontier
        assert one_by_one == at_once == Frontier.read(TREE, size)
        assert at_once.root() == root(TREE, size) == TREE.mth(0, size)


def test_growth_holds_each_complete_node_once_and_nothing_else() -> None:
    for old in range(40):
        for new in range(old, 40):
            growth = Frontier.read(TREE, old).append(LEAVES[old:new])
            complete = [
                (level, index) for level in range(7) for index in range(new >> level) if (index + 1) << level > old
            ]
            assert sorted(growth.hashes) == sorted(complete)
            assert list(growth.hashes.values()) == TREE.read_hashes(list(growth.hashes))


def test_growth_alone_proves_every_appended_entry() -> None:
    for old in range(40):
        growth = Frontier.read(TREE, old).append(LEAVES[old:53])
        for index in range(old, 53):
            assert prove_inclusion(growth, index=index, size=53) == TREE.path(index, 0, 53)


def test_growth_does_not_know_what_it_was_not_given() -> None:
    growth = Frontier.read(TREE, 8).append(LEAVES[8:9])
    with pytest.raises(KeyError):
        growth.read_hashes([(0, 3)])


def test_appending_leaves_the_old_frontier_as_it_was() -> None:
    before = Frontier.read(TREE, 7)
    before.append(LEAVES[7:20])
    assert before == Frontier.read(TREE, 7)
    assert before.append([]).frontier == before
    assert not before.append([]).hashes


@pytest.mark.parametrize(("size", "count"), [(1, 0), (0, 1), (6, 1), (-1, 1)])
def test_an_edge_that_does_not_fit_its_size_is_refused(size: int, count: int) -> None:
    with pytest.raises(InputError) as refused:
        Frontier(size, (bytes(32),) * count)
    assert refused.value.code == "log.frontier"


def test_every_inclusion_proof_is_the_oracles_and_verifies() -> None:
    for size in range(1, 71):
        for index in range(size):
            proof = prove_inclusion(TREE, index=index, size=size)
            assert proof == TREE.path(index, 0, size)
            verify_inclusion(proof, size=size, root=TREE.mth(0, size), index=index, leaf=LEAVES[index])


def test_every_consistency_proof_is_the_oracles_and_verifies() -> None:
    for new in range(1, 71):
        for old in range(1, new + 1):
            proof = prove_consistency(TREE, old_size=old, new_size=new)
            assert proof == TREE.proof(old, new)
            verify_consistency(proof, old_size=old, old_root=TREE.mth(0, old), new_size=new, new_root=TREE.mth(0, new))


def test_an_inclusion_proof_holds_for_its_own_place_size_root_and_leaf_only() -> None:
    for size in range(1, 18):
        for index in range(size):
            proof = TREE.path(index, 0, size)
            right: dict[str, Any] = {"size": size, "root": TREE.mth(0, size), "index": index, "leaf": LEAVES[index]}
            wrongs: list[dict[str, Any]] = [
                {"index": index ^ 1},
                {"index": index + 1},
                {"index": index - 1},
                {"root": bytes(32)},
                {"root": TREE.mth(0, size + 1)},
                {"leaf": LEAVES[index + 1]},
                {"leaf": bytes(31)},
            ]
            for wrong in wrongs:
                with pytest.raises(CheckError):
                    verify_inclusion(proof, **(right | wrong))


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_there_is_no_proof_for_an_entry_outside_the_tree(index: int) -> None:
    with pytest.raises(InputError) as refused:
        prove_inclusion(TREE, index=index, size=5)
    assert refused.value.code == "log.index"
    with pytest.raises(CheckError) as failed:
        verify_inclusion([], size=5, root=bytes(32), index=index, leaf=bytes(32))
    assert failed.value.code == "log.index"


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_there_is_no_consistency_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(InputError) as refused:
        prove_consistency(TREE, old_size=old, new_size=new)
    assert refused.value.code == "log.sizes"
    with pytest.raises(CheckError) as failed:
        verify_consistency([], old_size=old, old_root=bytes(32), new_size=new, new_root=bytes(32))
    assert failed.value.code == "log.sizes"


def test_a_step_that_is_not_a_hash_is_refused_even_where_the_bytes_fit() -> None:
    left = leaf_hash(b"left")
    for step in (b"\x07" * 31, b"\x07" * 33, b""):
        made_up = node_hash(left, step)
        with pytest.raises(CheckError) as failed:
            verify_inclusion([step], size=2, root=made_up, index=0, leaf=left)
        assert failed.value.code == "log.inclusion"
        with pytest.raises(CheckError) as failed:
            verify_consistency([step], old_size=1, old_root=left, new_size=2, new_root=made_up)
        assert failed.value.code == "log.consistency"


def test_the_codes_of_a_failed_proof() -> None:
    good = TREE.proof(5, 9)
    roots = {"old_root": TREE.mth(0, 5), "new_root": TREE.mth(0, 9)}
    for proof, changed, code in [
        (good[:-1], {}, "log.proof-length"),
        ([*good, bytes(32)], {}, "log.proof-length"),
        (good, {"old_root": bytes(32)}, "log.consistency"),
        (good, {"new_root": bytes(32)}, "log.consistency"),
        ([good[0], bytes(32), *good[2:]], {}, "log.consistency"),
    ]:
        with pytest.raises(CheckError) as failed:
            verify_consistency(proof, old_size=5, new_size=9, **(roots | changed))
        assert failed.value.code == code
    with pytest.raises(CheckError) as failed:
        verify_inclusion(TREE.path(3, 0, 9)[1:], size=9, root=TREE.mth(0, 9), index=3, leaf=LEAVES[3])
    assert failed.value.code == "log.proof-length"
