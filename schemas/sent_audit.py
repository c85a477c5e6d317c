"""What an auditor sends to a registry each hour: its record, and all leaves of its tree.

Rules: the signed text and a newline; then the bytes of each leaf of a certificate, one behind the other, each of which
tells its own length; then the leaves of 32 random bytes that fill the tree.  A registry needs all of them to show the
path of a leaf.  This module does not hash, and does not know who may audit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.audit import LEAF_TAG, MOST_AUDIT_BYTES, AuditLeaf, AuditState
from schemas.problem import InputError

MOST_SENT_BYTES: Final = 512 * 1024 * 1024
"""A record with its leaves (limits table): those of three million certificates."""
_LEAF_BYTES: Final = len(AuditLeaf(bytes(32), 0, bytes(32), AuditState.RIGHT, bytes(32)).to_bytes())
_FILL_BYTES: Final = 32
_TEXT_END: Final = 2 * MOST_AUDIT_BYTES


class SentAudit(NamedTuple):
    """A record's text, the bytes of its leaves, and those that fill the tree."""

    text: str
    leaves: tuple[bytes, ...]
    fill: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the bytes that are sent."""
        return b"".join((self.text.encode("ascii"), b"\n", *self.leaves, *self.fill))

    @classmethod
    def parse(cls, raw: bytes) -> SentAudit:
        """Parse what was sent; the text and the leaves are opened by whoever judges them.

        Raises:
            InputError: `audit.sent`.
        """
        end = raw.find(b"\n", 0, _TEXT_END + 1)
        if end < 0 or not raw[:end].isascii():
            raise InputError.at("audit.sent")
        at, leaves = end + 1, list[bytes]()
        while raw.startswith(LEAF_TAG, at):
            rows = int.from_bytes(raw[at + _LEAF_BYTES - 2 : at + _LEAF_BYTES])
            leaves.append(raw[at : at + _LEAF_BYTES + rows])
            at += _LEAF_BYTES + rows
        if (len(raw) - at) % _FILL_BYTES or at > len(raw):
            raise InputError.at("audit.sent")
        fill = tuple(raw[place : place + _FILL_BYTES] for place in range(at, len(raw), _FILL_BYTES))
        return cls(raw[:end].decode("ascii"), tuple(leaves), fill)
