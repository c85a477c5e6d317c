"""What an auditor sends to a registry each hour: its record, and all leaves of its tree.

Rules: the signed text and a newline; a line for each text of what lies inside leaves, and an empty line; then the bytes
of each leaf of a certificate, one behind the other, each of which tells its own length; then the leaves of 32 random
bytes that fill the tree.  A registry needs all leaves to show the path of one.  The texts are those that the auditor
did not send before (`schemas.audit.Inside`).  This module does not hash, and does not know who may audit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.audit import LEAF_TAG, MOST_AUDIT_BYTES, AuditLeaf, AuditState
from schemas.problem import InputError

MOST_SENT_BYTES: Final = 512 * 1024 * 1024
"""A record with its leaves (limits table): those of three million certificates."""
MOST_INSIDES: Final = 20_000
"""Texts of one record: the others come with the next ones."""
MOST_INSIDE_CHARACTERS: Final = 16 * 1024
"""One text: a hundred gains and a hundred elements of scrap stay below."""
_LEAF_BYTES: Final = len(AuditLeaf(bytes(32), 0, bytes(32), AuditState.RIGHT, bytes(32)).to_bytes())
_FILL_BYTES: Final = 32
_TEXT_END: Final = 2 * MOST_AUDIT_BYTES


class SentAudit(NamedTuple):
    """A record's text, the bytes of its leaves, those that fill the tree, and texts of what lies inside leaves."""

    text: str
    leaves: tuple[bytes, ...]
    fill: tuple[bytes, ...]
    insides: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the bytes that are sent."""
        head = "".join(f"{line}\n" for line in (self.text, *self.insides, ""))
        return b"".join((head.encode("ascii"), *self.leaves, *self.fill))

    @classmethod
    def parse(cls, raw: bytes) -> SentAudit:
        """Parse what was sent; the text and the leaves are opened by whoever judges them.

        Raises:
            InputError: `audit.sent`.
        """
        text, at = _line(raw, 0, most=_TEXT_END)
        leaves, insides = list[bytes](), list[str]()
        while inside := (found := _line(raw, at, most=MOST_INSIDE_CHARACTERS))[0]:
            insides.append(inside)
            at = found[1]
            if len(insides) > MOST_INSIDES:
                raise InputError.at("audit.sent")
        at = found[1]
        while raw.startswith(LEAF_TAG, at):
            rows = int.from_bytes(raw[at + _LEAF_BYTES - 2 : at + _LEAF_BYTES])
            leaves.append(raw[at : at + _LEAF_BYTES + rows])
            at += _LEAF_BYTES + rows
        if (len(raw) - at) % _FILL_BYTES or at > len(raw):
            raise InputError.at("audit.sent")
        fill = tuple(raw[place : place + _FILL_BYTES] for place in range(at, len(raw), _FILL_BYTES))
        return cls(text, tuple(leaves), fill, tuple(insides))


def _line(raw: bytes, start: int, *, most: int) -> tuple[str, int]:
    """Return a line of ASCII of at most so many characters, and where the next one begins."""
    end = raw.find(b"\n", start, start + most + 1)
    if end < 0 or not raw[start:end].isascii():
        raise InputError.at("audit.sent")
    return raw[start:end].decode("ascii"), end + 1
