"""The tree of an auditor's record: a Merkle tree of RFC 6962 with 2^depth leaves in the order of their hashes.

Rules: leaves of certificates and leaves of 32 random bytes, which fill the tree, stand mixed in the order of their
hashes. So a place in the tree tells neither how many certificates there are nor which came first.  The depth is at
least `LEAST_DEPTH`.  A path is checked with the order of the lowest pair, which an unsorted tree breaks.

This module draws no random bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.log.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from schemas.audit import LEAST_DEPTH, MOST_DEPTH
from schemas.problem import CheckError, InputError

_PAIR: Final = 2 * HASH_BYTES


def tree_depth(leaves: int) -> int:
    """Return the depth of the tree of so many certificates; raise InputError `audit.depth` for too many."""
    depth = max(LEAST_DEPTH, (leaves - 1).bit_length())
    if depth > MOST_DEPTH:
        raise InputError.at("audit.depth", least=LEAST_DEPTH, most=MOST_DEPTH)
    return depth


@dataclass(frozen=True, slots=True)
class AuditTree:
    """The hashes of a tree, level by level from the leaves to the root, each level as one run of bytes."""

    levels: tuple[bytes, ...]

    @classmethod
    def build(cls, leaves: Iterable[bytes], fill: Iterator[bytes]) -> AuditTree:
        """Build the tree of these leaves; `fill` yields as many random texts of 32 bytes as it needs.

        Raises:
            InputError: `audit.depth` for too many leaves, `audit.fill` for a filling leaf of another length.
        """
        hashes = [leaf_hash(leaf) for leaf in leaves]
        for _ in range((1 << tree_depth(len(hashes))) - len(hashes)):
            filling = next(fill)
            if len(filling) != HASH_BYTES:
                raise InputError.at("audit.fill", size=len(filling))
            hashes.append(leaf_hash(filling))
        return cls.over(b"".join(sorted(hashes)))

    @classmethod
    def over(cls, level: bytes) -> AuditTree:
        """Build the tree over its leaf hashes, 2^depth of 32 bytes in order: what a registry keeps of a tree."""
        levels = [level]
        while len(level) > HASH_BYTES:
            # as `node_hash`, without a call for each of a million nodes
            level = b"".join([sha256(b"\x01" + level[at : at + _PAIR]).digest() for at in range(0, len(level), _PAIR)])
            levels.append(level)
        return cls(tuple(levels))

    @property
    def root(self) -> bytes:
        """The root hash."""
        return self.levels[-1]

    @property
    def depth(self) -> int:
        """The depth: the tree has 2^depth leaves."""
        return len(self.levels) - 1

    def path(self, leaf: bytes) -> tuple[int, list[bytes]]:
        """Return the index of a leaf, and its path to the root, lowest first.

        Raises:
            InputError: `audit.no-leaf`.
        """
        wanted, count = leaf_hash(leaf), 1 << self.depth
        index = bisect_left(range(count), wanted, key=lambda place: _node(self.levels[0], place))
        if index == count or _node(self.levels[0], index) != wanted:
            raise InputError.at("audit.no-leaf")
        return index, [_node(level, index >> height ^ 1) for height, level in enumerate(self.levels[:-1])]


def _node(level: bytes, place: int) -> bytes:
    return level[place * HASH_BYTES : (place + 1) * HASH_BYTES]


def verify_path(path: Sequence[bytes], *, depth: int, root: bytes, index: int, leaf: bytes) -> None:
    """Verify that a leaf is at `index` of the tree of 2^`depth` leaves and `root`, and in order with its neighbour.

    Raises:
        CheckError: `log.index`, `log.proof-length`, `log.inclusion`, `audit.order`.
    """
    own = leaf_hash(leaf)
    verify_inclusion(path, size=1 << depth, root=root, index=index, leaf=own)
    if (path[0] < own) != bool(index & 1):
        raise CheckError.at("audit.order", index=index)
