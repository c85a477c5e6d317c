"""RFC 6962, section 2.1, written down as its recursive definitions: slow, plain, and apart from the code under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Tree:
    """A tree over entries; remembers what it hashed."""

    entries: Sequence[bytes]
    seen: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def mth(self, start: int, end: int) -> bytes:
        if (start, end) not in self.seen:
            self.seen[start, end] = self._mth(start, end)
        return self.seen[start, end]

    def _mth(self, start: int, end: int) -> bytes:
        if start == end:
            return sha256(b"").digest()
        if end - start == 1:
            return sha256(b"\x00" + self.entries[start]).digest()
        middle = start + split(end - start)
        return sha256(b"\x01" + self.mth(start, middle) + self.mth(middle, end)).digest()

    def path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + split(end - start)
        if index < middle:
            return [*self.path(index, start, middle), self.mth(middle, end)]
        return [*self.path(index, middle, end), self.mth(start, middle)]

    def proof(self, old: int, size: int) -> list[bytes]:
        return self._subproof(old, 0, size, whole=True)

    def _subproof(self, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self.mth(start, end)]
        middle = start + split(end - start)
        if old <= middle:
            return [*self._subproof(old, start, middle, whole=whole), self.mth(middle, end)]
        return [*self._subproof(old, middle, end, whole=False), self.mth(start, middle)]

    def read_hashes(self, nodes: Sequence[tuple[int, int]]) -> list[bytes]:
        """Be a reader of complete nodes, by definition of a node."""
        for level, index in nodes:
            assert (index + 1) << level <= len(self.entries), "only complete nodes may be asked"
        return [self.mth(index << level, (index + 1) << level) for level, index in nodes]


def split(count: int) -> int:
    """Return the largest power of two smaller than `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power
