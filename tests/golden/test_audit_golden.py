from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ledger.holdings.mark import audit_digest
from ledger.log.audit_tree import AuditTree, verify_path
from ledger.log.merkle import leaf_hash
from ledger.seal.audit import audit_salt, inside_digest, open_audit, seal_inside
from schemas.audit import AuditLeaf, AuditState, Inside
from schemas.problem import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def golden(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/golden/audit.json").read_text())
    return read


def test_the_golden_audits_are_what_their_generator_makes(root: Path) -> None:
    subprocess.run([sys.executable, root / "tests/golden/make_audit.py", "--check"], check=True)


def test_leaves_are_byte_for_byte_golden(golden: dict[str, Any]) -> None:
    assert len(golden["leaves"]) == 3
    for case in golden["leaves"]:
        issuance, certificate, inside = (bytes.fromhex(case[name]) for name in ("issuance", "certificate", "inside"))
        state, answers = AuditState(case["state"]), tuple(case["answers"])
        leaf = AuditLeaf(issuance, case["output"], certificate, state, inside, answers)
        assert leaf.to_bytes().hex() == case["bytes"]
        assert AuditLeaf.parse(bytes.fromhex(case["bytes"])) == leaf
        assert leaf_hash(leaf.to_bytes()).hex() == case["leaf_hash"]


def test_insides_are_byte_for_byte_golden(golden: dict[str, Any]) -> None:
    assert len(golden["insides"]) == 2
    for case in golden["insides"]:
        inside = Inside.from_text(case["value"])
        assert audit_salt(case["run"]).hex() == case["salt"]
        assert seal_inside(inside, run=case["run"]).text == case["disclosure"]
        assert inside_digest(inside, run=case["run"]).hex() == case["digest"]


def test_the_tree_and_its_paths_are_golden(golden: dict[str, Any]) -> None:
    leaves = {each["name"]: bytes.fromhex(each["bytes"]) for each in golden["leaves"]}
    fill = (sha256(f"fill {number}".encode()).digest() for number in range(1024))
    tree = AuditTree.build(leaves.values(), fill)
    assert (tree.depth, tree.root.hex()) == (golden["depth"], golden["root"])
    for case in golden["paths"]:
        index, path = tree.path(leaves[case["name"]])
        assert (index, [step.hex() for step in path]) == (case["index"], case["path"])
        verify_path(path, depth=tree.depth, root=tree.root, index=index, leaf=leaves[case["name"]])


def test_the_record_is_golden(golden: dict[str, Any]) -> None:
    case = golden["record"]
    opened = open_audit(case["jws"])
    opened.jws.verify(bytes.fromhex(case["public"]))
    assert opened.record.to_text() == case["payload"]
    assert audit_digest(case["jws"]).hex() == case["record_digest"]


def test_bad_leaves_are_refused(golden: dict[str, Any]) -> None:
    assert len(golden["refused"]) == 10
    for case in golden["refused"]:
        with pytest.raises(InputError) as refused:
            AuditLeaf.parse(bytes.fromhex(case["bytes"]))
        assert (case["name"], refused.value.code) == (case["name"], "audit.leaf")
