"""Find the log entries of this registry's records, each proven to the head of its log.

Rules: of each log there is one head, the open one's for what stands in it, and of a closed one its last; all from one
snapshot. For other programs a single record's proof is a C2SP tlog-proof, with the entry's bytes in its `extra`, since
nobody else has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ledger.log.merkle import prove_inclusion
from ledger.log.proof import TlogProof
from ledger.log.tile import TileHashes
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, from_base64url, to_base64url
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, closed_heads, entry, head_above, kept_tile_hashes, latest_head
from ledger.store.reading import certificate
from schemas.bundle import Proof
from schemas.note import Note


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proofs to `heads`, one of each log, the open one's last; tiles are read once."""

    connection: Connection
    heads: Sequence[StoredHead]
    _hashes: dict[int, TileHashes] = field(default_factory=dict)

    @classmethod
    def to(cls, registry: OpenRegistry, connection: Connection, head: StoredHead) -> Proofs:
        """Return proofs to a head of the open log, and to the best head of each closed log."""
        closed = closed_heads(connection) if head.first else []
        return cls(connection, [*(registry.head_for(each.end, each) for each in closed), head])

    def of(self, position: int) -> Proof:
        """Return the place in its log of the entry at `position`; raise MissingError `store.record-missing`."""
        head = self.heads[-1]
        if not head.first <= position < head.end:
            head = head_above(self.heads, position)
        hashes = self._hashes.get(head.first)
        if hashes is None:
            hashes = self._hashes[head.first] = kept_tile_hashes(self.connection, head.size, first=head.first)
        index = position - head.first
        path = prove_inclusion(hashes, index=index, size=head.size)
        raw = entry(self.connection, position)
        return Proof(entry=to_base64url(raw), index=index, path=tuple(map(to_base64url, path)))

    def above(self, position: int) -> StoredHead:
        """Return the head of the log in which an entry stands; raise as `of`."""
        return head_above(self.heads, position)


def log_proof(registry: OpenRegistry, digest: str) -> TlogProof:
    """Return the log proof of a certificate's record to the best head; raise MissingError."""
    with reading(registry.engine) as connection:
        position = certificate(connection, certificate_digest_bytes(digest)).issuance.entry
        proofs = Proofs.to(registry, connection, registry.head_for(position + 1, latest_head(connection)))
        proof, head = proofs.of(position), proofs.above(position)
    path = tuple(map(from_base64url, proof.path))
    return TlogProof(proof.index, path, Note.parse(head.note), from_base64url(proof.entry))
