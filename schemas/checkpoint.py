"""The checkpoint of C2SP (c2sp.org/tlog-checkpoint): the note text by which a log commits to its tree.

Rules:

1. Three lines, each ended by a newline: origin, tree size, base64 of the 32-byte root hash.
2. The size is decimal without leading zeros and at most `MAX_TREE_SIZE`.
3. One spelling: parsing and writing gives the same text.

Extension lines are allowed by the specification but not recommended, since no monitor can audit them; an
Oreprint log writes none, and a checkpoint that has one is refused.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Self

from schemas.problem import InputError

ROOT_BYTES: Final = 32
MAX_TREE_SIZE: Final = 2**63 - 1
"""What a signed 64-bit integer of a database and of Go's tlog can count."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says about its tree: `origin` (the log's name), `size` in entries, `root` hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse a head that no checkpoint can say."""
        if not self.origin or min(self.origin) < " ":
            raise InputError.at("log.checkpoint-origin", "origin", origin=self.origin)
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise InputError.at("log.checkpoint-size", "size", size=self.size, limit=MAX_TREE_SIZE)
        if len(self.root) != ROOT_BYTES:
            raise InputError.at("log.checkpoint-root", "root")

    def to_text(self) -> str:
        """Return the three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint note.

        Raises:
            InputError: `log.checkpoint-form`, `log.checkpoint-origin`, `log.checkpoint-size`, `log.checkpoint-root`.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[-1]:
            raise InputError.at("log.checkpoint-form")
        origin, size, encoded, _ = lines
        if not (size.isascii() and size.isdigit() and len(size) <= len(str(MAX_TREE_SIZE))):
            raise InputError.at("log.checkpoint-size", "size", size=size, limit=MAX_TREE_SIZE)
        try:
            root = base64.b64decode(encoded.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise InputError.at("log.checkpoint-root", "root") from error
        read = cls(origin, int(size), root)
        if read.to_text() != text:
            raise InputError.at("log.checkpoint-form")
        return read
