"""Requests to cosign, the checks in their order, and log proofs, against the examples of the specifications."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.head import open_head, sign_head
from ledger.log.merkle import (
    EMPTY_ROOT,
    Frontier,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    prove_node,
    verify_node,
)
from ledger.log.proof import TlogProof
from ledger.log.vkey import KeyType, VerifierKey, cosign_note
from ledger.log.witness import (
    AddCheckpoint,
    LatestCosigned,
    WitnessReply,
    check_addition,
    cosigned_size,
    refusal,
    signature_lines,
)
from schemas.note import Note
from schemas.problem import CheckError, InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.log.merkle import Node


def secret(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def key(name: str, kind: KeyType = KeyType.ED25519) -> VerifierKey:
    return VerifierKey(name, secret(name).public_key().public_bytes_raw(), kind)


LOG, OTHER = key("log.example/1"), key("log.example/2")
WITNESS = key("witness.example/w1", KeyType.COSIGNATURE)
LOGS = {LOG.name: LOG}


@dataclass
class Tree:
    """A log of numbered entries, with every hash kept."""

    count: int
    salt: str = ""
    frontier: Frontier = field(default_factory=Frontier)
    hashes: dict[Node, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        growth = self.frontier.append(leaf_hash(f"{self.salt}{number}".encode()) for number in range(self.count))
        self.frontier, self.hashes = growth.frontier, dict(growth.hashes)

    def read_hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self.hashes[node] for node in nodes]

    def root(self, size: int) -> bytes:
        return Frontier.read(self, size).root() if size else EMPTY_ROOT

    def note(self, size: int, log: VerifierKey = LOG) -> str:
        return sign_head(log, size=size, root=self.root(size), sign=secret(log.name).sign)

    def request(
        self, old: int, new: int, *, proof: tuple[bytes, ...] | None = None, checkpoint: Note | None = None
    ) -> AddCheckpoint:
        right = prove_consistency(self, old_size=old, new_size=new) if 0 < old < new else ()
        return AddCheckpoint(old, tuple(right) if proof is None else proof, checkpoint or Note.parse(self.note(new)))

    def latest(self, size: int) -> LatestCosigned:
        return LatestCosigned(size, self.root(size))


TREE, FORK = Tree(300), Tree(300, "other ")


def answered(body: bytes, latest: LatestCosigned | None) -> WitnessReply:
    """Return the answer to a request, 200 with nothing where it may be cosigned."""
    try:
        check_addition(AddCheckpoint.parse(body), logs=LOGS, latest=latest)
    except OreprintError as error:
        return refusal(error, latest=latest)
    return WitnessReply(200, "")


def body(request: AddCheckpoint) -> bytes:
    return request.to_text().encode()


def test_the_example_of_the_specification_is_read_and_written_to_the_byte(shared: Path) -> None:
    example = json.loads((shared / "vectors/log/c2sp_examples.json").read_text())["add_checkpoint_request"].encode()
    read = AddCheckpoint.parse(example)
    assert (read.old, len(read.proof), read.origin) == (20852014, 4, "example.com/behind-the-sofa")
    assert read.to_text().encode() == example


def test_lg_07_what_may_be_cosigned() -> None:
    stranger = Note.parse(TREE.note(9)).signatures + Note.parse(TREE.note(9, OTHER)).signatures
    for request, latest in (
        (TREE.request(0, 7), None),
        (TREE.request(7, 200), TREE.latest(7)),
        (TREE.request(200, 200), TREE.latest(200)),
        (TREE.request(0, 0), None),
        (TREE.request(0, 9), TREE.latest(0)),
        (TREE.request(0, 9, checkpoint=Note(Note.parse(TREE.note(9)).text, stranger)), None),
    ):
        assert answered(body(request), latest).status == 200


BAD_ROOT = sign_head(LOG, size=0, root=bytes(32), sign=secret(LOG.name).sign)
FORGED = Note.parse(TREE.note(9))
FORGED = Note(FORGED.text, Note.parse(TREE.note(8)).signatures)
REFUSED: dict[str, tuple[bytes, LatestCosigned | None, int]] = {
    "a stale old size": (body(TREE.request(5, 9)), TREE.latest(7), 409),
    "an old size though nothing was cosigned": (body(TREE.request(5, 9)), None, 409),
    "old above new": (body(TREE.request(9, 7)), TREE.latest(9), 400),
    "no proof": (body(TREE.request(7, 9, proof=())), TREE.latest(7), 422),
    "a proof of something else": (body(TREE.request(7, 9, proof=(bytes(32),) * 4)), TREE.latest(7), 422),
    "another tree": (body(FORK.request(7, 9)), TREE.latest(7), 422),
    "one size, another root": (body(FORK.request(9, 9)), TREE.latest(9), 422),
    "a proof from nothing": (body(TREE.request(0, 9, proof=(bytes(32),))), None, 422),
    "size 0 with another root": (body(TREE.request(0, 0, checkpoint=Note.parse(BAD_ROOT))), None, 422),
    "an unknown log": (body(TREE.request(0, 9, checkpoint=Note.parse(TREE.note(9, OTHER)))), None, 404),
    "a signature of another text": (body(TREE.request(0, 9, checkpoint=FORGED)), None, 403),
    "64 lines": (
        b"old 7\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63 + b"\n" + TREE.note(9).encode(),
        TREE.latest(7),
        400,
    ),
    "a hash of 31 bytes": (b"old 7\n" + b"A" * 42 + b"==\n\n" + TREE.note(9).encode(), TREE.latest(7), 400),
    "loose bits": (b"old 7\n" + b"A" * 42 + b"B=\n\n" + TREE.note(9).encode(), TREE.latest(7), 400),
    "old 07": (b"old 07\n\n" + TREE.note(9).encode(), TREE.latest(7), 400),
    "old -1": (b"old -1\n\n" + TREE.note(9).encode(), None, 400),
    "no old line": (TREE.note(9).encode(), None, 400),
    "carriage returns": (body(TREE.request(0, 9)).replace(b"\n", b"\r\n"), None, 400),
    "something after": (body(TREE.request(0, 9)) + b"\n", None, 400),
    "nothing": (b"", None, 400),
    "too long": (b"old 0\n\n" + b"x" * 70_000, None, 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_lg_07_what_is_refused_and_how(case: str) -> None:
    sent, latest, status = REFUSED[case]
    reply = answered(sent, latest)
    assert reply.status == status, reply
    if status == 409:
        assert (cosigned_size(reply), reply.media) == (latest.size if latest else 0, "text/x.tlog.size")


def test_an_unsigned_checkpoint_of_a_known_log_is_forbidden() -> None:
    text = Note.parse(TREE.note(9)).text
    note = Note(text, Note.parse(TREE.note(9, OTHER)).signatures)
    assert answered(body(TREE.request(0, 9, checkpoint=note)), None).status == 403


def test_a_cosigned_checkpoint_is_opened_with_its_time() -> None:
    note = Note.parse(TREE.note(9))
    line = cosign_note(note.text, WITNESS, time_s=1_790_000_000, sign=secret(WITNESS.name).sign)
    assert signature_lines(WitnessReply(200, line.to_line())) == (line,)
    head = open_head(Note(note.text, (*note.signatures, line)).to_text(), LOG, cosigners=[WITNESS])
    assert [(each.key, each.time_s) for each in head.cosignatures] == [(WITNESS, 1_790_000_000)]
    with pytest.raises(InputError):
        cosign_note(note.text, LOG, time_s=1, sign=secret(LOG.name).sign)


def test_a_log_proof_is_one_text_and_holds_for_its_entry_alone() -> None:
    proof = TlogProof(41, tuple(prove_inclusion(TREE, index=41, size=300)), Note.parse(TREE.note(300)), b"extra")
    again = TlogProof.parse(proof.to_text())
    assert again == proof
    assert again.verify(b"41", LOG).size == 300
    with pytest.raises(CheckError):
        again.verify(b"42", LOG)
    plain = TlogProof(41, proof.path, proof.checkpoint)
    assert TlogProof.parse(plain.to_text()) == plain
    for broken in (proof.to_text().replace("index 41", "index 041"), proof.to_text()[1:], proof.to_text() + "\n", ""):
        with pytest.raises(InputError):
            TlogProof.parse(broken)


def test_the_form_of_a_log_proof_is_that_of_the_specification(shared: Path) -> None:
    example = json.loads((shared / "vectors/log/c2sp_examples.json").read_text())["tlog_proof_syntax"]
    head, _, _ = example.partition("\n\n")  # its signatures are cut short with [...]
    lines = f"{head}\n\n{TREE.note(300)}".split("\n")
    lines[1] = "extra YWdl"  # the example's own is cut off and no base64
    read = TlogProof.parse("\n".join(lines))
    assert (read.index, len(read.path), read.extra) == (73894, 5, b"age")


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 255, 256, 257, 300])
def test_every_complete_node_is_proven_to_the_root(size: int) -> None:
    root = TREE.root(size)
    for level in range(size.bit_length()):
        for index in range(size >> level):
            path = prove_node(TREE, (level, index), size=size)
            found = TREE.hashes[level, index]
            verify_node(path, size=size, root=root, node=(level, index), digest=found)
            with pytest.raises(CheckError):
                verify_node(path, size=size, root=root, node=(level, index), digest=bytes(32))
    with pytest.raises(CheckError):
        verify_node([], size=size, root=root, node=(size.bit_length(), 0), digest=root)
