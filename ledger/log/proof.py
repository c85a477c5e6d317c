"""The offline proof of one entry (c2sp.org/tlog-proof): index, path and cosigned checkpoint in one small text.

Rules: the lines are ``c2sp.org/tlog-proof@v1``; optionally ``extra`` with opaque bytes in base64; ``index`` and the
entry's position; the hashes of the path in base64, from the leaf upwards; an empty line; the checkpoint.  There is one
spelling.  Nobody vouches for the extra bytes.

This module holds no entry and trusts no checkpoint (`ledger.log.head` opens it).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from ledger.log.head import Head, open_head
from ledger.log.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from ledger.log.vkey import VerifierKey
from schemas.checkpoint import MAX_TREE_SIZE
from schemas.note import MAX_NOTE_BYTES, Note
from schemas.problem import InputError

MOST_PATH: Final = 63
_FIRST: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof that entry `index` is in the log of `checkpoint`.

    `path` leads to its root.  Nobody vouches for the `extra` bytes.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    def __post_init__(self) -> None:
        """Check the bounds of the format."""
        if not 0 <= self.index <= MAX_TREE_SIZE or len(self.path) > MOST_PATH or {*map(len, self.path)} - {HASH_BYTES}:
            raise InputError.at("log.proof-form")

    def to_text(self) -> str:
        """Return the text."""
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        steps = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.path)
        return f"{_FIRST}\n{extra}index {self.index}\n{steps}\n{self.checkpoint.to_text()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text.

        Raises:
            InputError: `log.proof-form`, `log.note-*`, `log.key-name`.
        """
        head, _, note = text.partition("\n\n")
        first, *lines = head.split("\n")
        extra = lines.pop(0).removeprefix("extra ") if lines and lines[0].startswith("extra ") else None
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if first != _FIRST or index is None or len(head) > MAX_NOTE_BYTES:
            raise InputError.at("log.proof-form")
        try:
            path = tuple(base64.b64decode(line.encode("ascii"), validate=True) for line in lines)
            opaque = None if extra is None else base64.b64decode(extra.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise InputError.at("log.proof-form") from error
        read = cls(int(index[1]), path, Note.parse(note), opaque)
        if read.to_text() != text:
            raise InputError.at("log.proof-form")
        return read

    def verify(self, entry: bytes, log: VerifierKey, *, cosigners: Iterable[VerifierKey] = ()) -> Head:
        """Verify that `entry` is at `index` in a head that `log` signed.

        Return the head, with cosignatures by `cosigners`.

        Raises:
            InputError: as `open_head`.
            CheckError: as `open_head` and `verify_inclusion`.
        """
        head = open_head(self.checkpoint.to_text(), log, cosigners=cosigners)
        verify_inclusion(self.path, size=head.size, root=head.root, index=self.index, leaf=leaf_hash(entry))
        return head
