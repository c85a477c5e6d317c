"""The Merkle tree of RFC 6962: leaf and node hashes, roots, inclusion and consistency proofs.

Rules:

1. Leaf hash = SHA-256(0x00 || entry); node hash = SHA-256(0x01 || left || right); the root of no entries is SHA-256 of
   nothing (RFC 6962, 2.1).
2. A node has the name `(level, index)`.  It covers the entries ``index * 2**level`` up to, not including, ``(index + 1)
   * 2**level``.  Only complete nodes are stored; a stored hash never changes.
3. The caller gives size, root, index and leaf; a proof states none of them.
4. All functions are iterative and read all their hashes at once.

This module stores nothing and reads no tiles (`ledger.log.tile` does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol, Self, TypeVar

from schemas.problem import CheckError, InputError

HASH_BYTES: Final = 32
_LENGTHS: Final = frozenset({HASH_BYTES})
EMPTY_ROOT: Final = sha256().digest()

Step = TypeVar("Step")
"""A step of a proof: 32 bytes, or their text."""
Node = tuple[int, int]
"""The name of a complete node: `(level, index)`."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one log entry (RFC 6962, 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node over two 32-byte hashes (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class HashReader(Protocol):
    """A source of the hashes of complete nodes.

    It returns one hash for each node, in the same order.  Callers ask only for nodes that are complete at the tree's
    size.
    """

    def read_hashes(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Return the 32-byte hash of each node."""
        ...


@dataclass(frozen=True, slots=True)
class Growth:
    """The result of appending entries: the new `frontier`, and the hash of each newly complete node in `hashes`.

    It is a `HashReader` that can prove the inclusion of each new entry: such a proof needs only the old right edge
    besides the new nodes. `hashes` has the order in which nodes became complete.
    """

    frontier: Frontier
    hashes: Mapping[Node, bytes]
    _edge: Mapping[Node, bytes]

    def read_hashes(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Return the hash of each node; raise KeyError for a node that is neither new nor on the old right edge."""
        new, old = self.hashes, self._edge
        return [new[node] if node in new else old[node] for node in nodes]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree of `size` entries: the hash of each largest complete subtree, left to right.

    Appending and the root need nothing else, so neither reads the tree.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Check that the edge fits the size: it has one peak for each binary one of the size."""
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise InputError.at("log.frontier", size=self.size, count=len(self.peaks))

    @classmethod
    def read(cls, reader: HashReader, size: int) -> Self:
        """Read the edge of the tree of `size` entries."""
        return cls(size, tuple(reader.read_hashes(_cover(0, size))))

    def root(self) -> bytes:
        """Return the root hash."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT

    @property
    def nodes(self) -> dict[Node, bytes]:
        """Return the complete nodes of the edge, with their hashes."""
        return dict(zip(_cover(0, self.size), self.peaks, strict=True))

    def read_hashes(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Return the hash of each node of the edge; raise KeyError for any other."""
        edge = self.nodes
        return [edge[node] for node in nodes]

    def append(self, leaves: Iterable[bytes]) -> Growth:
        """Append leaf hashes and return the growth; this frontier does not change."""
        size, peaks, hashes = self.size, list(self.peaks), dict[Node, bytes]()
        for leaf in leaves:
            node, level, index = leaf, 0, size
            hashes[0, index] = node
            while index & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                level += 1
                index >>= 1
                hashes[level, index] = node
            peaks.append(node)
            size += 1
        return Growth(Frontier(size, tuple(peaks)), hashes, self.nodes)


def root(reader: HashReader, size: int) -> bytes:
    """Return the root hash of the first `size` entries."""
    return Frontier.read(reader, size).root()


def prove_inclusion(reader: HashReader, *, index: int, size: int) -> list[bytes]:
    """Return the audit path of entry `index` in the tree of `size` entries, lowest first (RFC 6962, 2.1.1).

    Raises:
        InputError: `log.index` if there is no such entry.
    """
    if not 0 <= index < size:
        raise InputError.at("log.index", index=index, size=size)
    return _read(reader, _siblings(index, size, 0))


def prove_node(reader: HashReader, node: Node, *, size: int) -> list[bytes]:
    """Return the path from a complete node to the root of the tree of `size` entries.

    Raises:
        InputError: `log.index` if the node is not complete in that tree.
    """
    level, index = node
    if not 0 < (index + 1) << level <= size:
        raise InputError.at("log.index", index=index << level, size=size)
    return _read(reader, _siblings(index << level, size, level))


def verify_node(proof: Sequence[bytes], *, size: int, root: bytes, node: Node, digest: bytes) -> None:
    """Verify that `digest` is the hash of a complete node of the tree of `size` entries and `root`.

    Blocks of 2^level entries form a tree of the same shape, with the node as a leaf.

    Raises:
        CheckError: `log.index`, `log.proof-length`, `log.inclusion`.
    """
    level, index = node
    if not 0 < (index + 1) << level <= size:
        raise CheckError.at("log.index", index=index << level, size=size)
    verify_inclusion(proof, size=-(-size >> level), root=root, index=index, leaf=digest)


def prove_consistency(reader: HashReader, *, old_size: int, new_size: int) -> list[bytes]:
    """Return the proof that the tree of `old_size` entries is the beginning of the one of `new_size` (RFC 6962, 2.1.2).

    Raises:
        InputError: `log.sizes`, unless 0 < old size <= new size.
    """
    if not 0 < old_size <= new_size:
        raise InputError.at("log.sizes", old=old_size, new=new_size)
    if old_size == new_size:
        return []
    last, level = old_size - 1, _trailing_zeros(old_size)
    path = _siblings(last, new_size, level)
    if old_size != 1 << level:  # otherwise the old tree is a node of the new one, and its root starts the proof
        path.insert(0, (last >> level << level, old_size))
    return _read(reader, path)


@dataclass(slots=True)
class NeighbourProofs:
    """Verify inclusion proofs of one tree, one after another (RFC 9162, 2.1.3.2).

    Hot path, see bench/: the part that a proof shares with the previous one, from their common node up to the root, is
    compared instead of hashed again.
    """

    size: int
    root: bytes
    _index: int = -1
    _proof: Sequence[object] = ()
    _nodes: list[bytes] = field(default_factory=list)

    def verify(
        self, proof: Sequence[Step], *, index: int, leaf: bytes, hashes: Callable[[Sequence[Step]], Sequence[bytes]]
    ) -> None:
        """Verify that the leaf hash `leaf` is entry `index`; `hashes` gives the 32 bytes of each step of a proof.

        Raises:
            CheckError: `log.index`, `log.proof-length`, `log.inclusion`, or the errors of `hashes`.
        """
        if not 0 <= index < self.size:
            raise CheckError.at("log.index", index=index, size=self.size)
        # Below `inner` siblings are on either side; above it, on the right edge, they are on the left only.
        inner = (index ^ (self.size - 1)).bit_length()
        if len(proof) != inner + (index >> inner).bit_count():
            raise CheckError.at("log.proof-length", count=len(proof), needed=inner + (index >> inner).bit_count())
        meet = (index ^ self._index).bit_length() if self._index >= 0 else inner + 1
        shared = meet <= inner and meet < len(self._nodes) and proof[meet:] == self._proof[meet:]
        nodes = _climbed(leaf, index, hashes(proof[:meet] if shared else proof), inner)
        if nodes[-1] != (self._nodes[meet] if shared else self.root) or len(nodes[-1]) != HASH_BYTES:
            raise CheckError.at("log.inclusion")
        self._index, self._proof = index, proof
        self._nodes = nodes[:-1] + self._nodes[meet:] if shared else nodes[: inner + 1]


def _climbed(leaf: bytes, index: int, siblings: Sequence[bytes], inner: int) -> list[bytes]:
    """Return the hashes from a leaf upwards, one more than there are siblings.

    Siblings from `inner` on are on the left.

    Raises:
        CheckError: `log.inclusion` for a sibling that is no hash.
    """
    if not _all_hashes(siblings):
        raise CheckError.at("log.inclusion")
    node, nodes = leaf, [leaf]
    lefts = index | -1 << inner  # one bit a level, set if the sibling is on the left
    for sibling in siblings:
        node = sha256(b"\x01" + sibling + node if lefts & 1 else b"\x01" + node + sibling).digest()
        nodes.append(node)
        lefts >>= 1
    return nodes


def verify_inclusion(proof: Sequence[bytes], *, size: int, root: bytes, index: int, leaf: bytes) -> None:
    """Verify that the leaf hash `leaf` is entry `index` of the tree of `size` entries and `root` (RFC 9162, 2.1.3.2).

    Raises:
        CheckError: `log.index`, `log.proof-length`, `log.inclusion`.
    """
    NeighbourProofs(size, root).verify(proof, index=index, leaf=leaf, hashes=list)


def verify_consistency(
    proof: Sequence[bytes], *, old_size: int, old_root: bytes, new_size: int, new_root: bytes
) -> None:
    """Verify that the tree of `old_size` and `old_root` is the beginning of the new one (RFC 9162, 2.1.4.2).

    A proof from the empty tree is refused because it proves nothing; a caller who starts from nothing needs none.

    Raises:
        CheckError: `log.sizes`, `log.proof-length`, `log.consistency`.
    """
    if not 0 < old_size <= new_size:
        raise CheckError.at("log.sizes", old=old_size, new=new_size)
    if old_size == new_size:
        if proof:
            raise CheckError.at("log.proof-length", count=len(proof), needed=0)
        if old_root != new_root:
            raise CheckError.at("log.consistency")
        return
    index, level = old_size - 1, _trailing_zeros(old_size)
    path = list(proof) if old_size != 1 << level else [old_root, *proof]
    inner = (index ^ (new_size - 1)).bit_length() - level
    needed = 1 + inner + (index >> level + inner).bit_count()
    if len(path) != needed:
        raise CheckError.at("log.proof-length", count=len(proof), needed=needed - len(path) + len(proof))
    old = new = path[0]
    index >>= level
    for sibling in path[1 : inner + 1]:
        if index & 1:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
        index >>= 1
    for sibling in path[inner + 1 :]:
        old, new = node_hash(sibling, old), node_hash(sibling, new)
    if old != old_root or new != new_root or not _all_hashes(proof):
        raise CheckError.at("log.consistency")


def _all_hashes(proof: Sequence[bytes]) -> bool:
    """Return whether each step of a proof has the length of a hash."""
    return _LENGTHS.issuperset(map(len, proof))


def _trailing_zeros(number: int) -> int:
    """Return the level of the smallest peak of a tree of `number` > 0 entries."""
    return (number & -number).bit_length() - 1


def _siblings(index: int, size: int, level: int) -> list[tuple[int, int]]:
    """Return the entries `[start, end)` under each sibling of entry `index`'s ancestors from `level` up to the root."""
    ranges = []
    for height in range(level, (size - 1).bit_length()):
        start = (index >> height ^ 1) << height
        if start < size:
            ranges.append((start, min(start + (1 << height), size)))
    return ranges


def _cover(start: int, end: int) -> list[Node]:
    """Return the complete nodes that make up the subtree over entries `[start, end)`, left to right."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of the subtree whose complete parts, left to right, are `hashes`."""
    node = hashes[-1]
    for left in hashes[-2::-1]:
        node = node_hash(left, node)
    return node


def _read(reader: HashReader, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """Return the hash of each range of entries, read together."""
    covers = [_cover(start, end) for start, end in ranges]
    hashes = iter(reader.read_hashes([node for cover in covers for node in cover]))
    return [_fold([next(hashes) for _ in cover]) for cover in covers]
