"""The witness protocol (c2sp.org/tlog-witness v1.1): requests for cosignatures, checks and answers.

Rules:

1. A request is ``old <size>``, up to `MOST_PROOF` hashes of a consistency proof in base64, an empty line, and a
   checkpoint.  There is one spelling.
2. The checks, in this order, with the HTTP status of a failure (`STATUS`): form 400; known log 404; signed by that log
   403; old size not above the new one 400; old size equal to the last cosigned one 409 (the answer states that size);
   consistent 422.
3. A request with old size 0 must bring no proof.  One size has one root.
4. A witness stores a head before it answers, so that a crash cannot make it forget.  Check and store are one step
   (`ledger.witnessing.witness`).

This module stores nothing, reads no clock, and knows nothing of the entries.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from ledger.log.head import Head, open_head
from ledger.log.merkle import HASH_BYTES, verify_consistency
from ledger.log.vkey import VerifierKey
from schemas.checkpoint import MAX_TREE_SIZE
from schemas.note import Note, Signature
from schemas.problem import CheckError, InputError, MissingError, OreprintError, RefusedError, StateError

MOST_PROOF: Final = 63
"""The most lines of a consistency proof (c2sp.org/tlog-witness)."""
MOST_REQUEST_BYTES: Final = 64 * 1024
"""The most bytes of a request: the proof, three lines and 100 signatures of the usual length need less than half."""
TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"
"""The media type in which a witness states the size that it cosigned last."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n", re.ASCII)

STATUS: Final[dict[str, int]] = {
    "witness.unknown-log": 404,
    "log.unsigned": 403,
    "log.signature": 403,
    "log.origin": 403,
    "witness.old-size": 400,
    "witness.conflict": 409,
    "witness.proof": 422,
    "log.empty-root": 422,
    "log.proof-length": 422,
    "log.consistency": 422,
}
"""The HTTP status of each refusal."""
_FOUND: Final = ("evidence.", "monitor.")
"""Prefixes of the codes of faults that a monitor finds inside a log that only grew."""


class LatestCosigned(NamedTuple):
    """The last cosigned head of a log: `size` in entries and `root` hash."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class WitnessReply:
    """An answer: HTTP `status`, `body`, and the media type of the body."""

    status: int
    body: str
    media: str = TEXT


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign `checkpoint`, an unverified note; `proof` leads to it from the tree of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Note

    def __post_init__(self) -> None:
        """Check rule 1."""
        if not 0 <= self.old <= MAX_TREE_SIZE or len(self.proof) > MOST_PROOF or {*map(len, self.proof)} - {HASH_BYTES}:
            raise InputError.at("witness.form")

    @property
    def origin(self) -> str:
        """The log that the checkpoint claims to be of."""
        return self.checkpoint.text.partition("\n")[0]

    def to_text(self) -> str:
        """Return the body of the request."""
        lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.proof)
        return f"old {self.old}\n{lines}\n{self.checkpoint.to_text()}"

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Parse the body of a request.

        Raises:
            InputError: `witness.form`, `witness.size`, `log.note-*`, `log.key-name`.
        """
        if len(body) > MOST_REQUEST_BYTES:
            raise InputError.at("witness.size", size=len(body), limit=MOST_REQUEST_BYTES)
        head, _, note = body.partition(b"\n\n")
        try:
            first, *steps = head.decode("ascii").split("\n")
            proof = tuple(base64.b64decode(step, validate=True) for step in steps)
        except (UnicodeDecodeError, binascii.Error) as error:
            raise InputError.at("witness.form") from error
        if not (old := _OLD.fullmatch(first)):
            raise InputError.at("witness.form")
        read = cls(int(old[1]), proof, Note.parse(note))
        if read.to_text().encode() != body:
            raise InputError.at("witness.form")
        return read


def check_addition(request: AddCheckpoint, *, logs: Mapping[str, VerifierKey], latest: LatestCosigned | None) -> Head:
    """Check a request against the `latest` cosigned head of its log (rules 2 and 3); return the head to cosign.

    Raises:
        MissingError: `witness.unknown-log`.
        CheckError: `log.unsigned`, `log.signature`, `log.empty-root`, `log.proof-length`, `log.consistency`,
            `witness.proof`.
        InputError: `log.checkpoint-*`, `witness.old-size`.
        RefusedError: `witness.conflict`.
    """
    log = logs.get(request.origin)
    if log is None:
        raise MissingError.at("witness.unknown-log", origin=request.origin)
    head = open_head(request.checkpoint.to_text(), log)
    size = latest.size if latest else 0
    if request.old > head.size:
        raise InputError.at("witness.old-size", old=request.old, size=head.size)
    if request.old != size:
        raise RefusedError.at("witness.conflict", old=request.old, size=size)
    if latest is None or not size:
        if request.proof:
            raise CheckError.at("witness.proof")
        return head
    verify_consistency(request.proof, old_size=size, old_root=latest.root, new_size=head.size, new_root=head.root)
    return head


def refusal(error: OreprintError, *, latest: LatestCosigned | None) -> WitnessReply:
    """Return the answer to a refused request."""
    status = STATUS.get(error.code) or _status(error)
    if error.code == "witness.conflict":
        return WitnessReply(status, f"{latest.size if latest else 0}\n", SIZE)
    return WitnessReply(status, f"{error.problems[0].sentence()} [{error.code}]\n")


def _status(error: OreprintError) -> int:
    """Return the status of a refusal that the protocol does not name.

    It is a fault inside the log, or the log is unavailable or unreadable.
    """
    if error.code.startswith(_FOUND):
        return 422
    return 503 if isinstance(error, StateError | MissingError) else 400


def cosigned(lines: Sequence[Signature]) -> WitnessReply:
    """Return the answer to a cosigned request: the signature lines."""
    return WitnessReply(200, "".join(line.to_line() for line in lines))


def cosigned_size(reply: WitnessReply) -> int:
    """Return the last cosigned size that a witness states; raise InputError `witness.form`."""
    if not (found := _SIZE.fullmatch(reply.body)):
        raise InputError.at("witness.form")
    return int(found[1])


def is_other_history(reply: WitnessReply) -> bool:
    """Return whether a witness rejects a head and its proof as another history, not for a fault inside it."""
    return reply.status == 422 and not any(f"[{area}" in reply.body for area in _FOUND)


def signature_lines(reply: WitnessReply) -> tuple[Signature, ...]:
    """Return the signature lines of an answer, not verified yet.

    Raises:
        InputError: `witness.form`, `log.note-signature`, `log.key-name`.
    """
    if not reply.body.endswith("\n"):
        raise InputError.at("witness.form")
    return tuple(map(Signature.parse, reply.body[:-1].split("\n")))
