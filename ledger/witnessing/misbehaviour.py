"""Make evidence: from a head under inspection, the file that shows what is wrong with it.

Rules: everything comes from what is public, and leads to that one head; what is made here counts only once it was
verified as anyone will verify it (`ledger.verify.evidence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.log.entry import Entry
from ledger.log.head import Head
from ledger.log.merkle import Frontier, prove_consistency, prove_inclusion, prove_node
from ledger.log.tile import ENTRIES, WIDTH, TileHashes, parse_bundle, tile_at
from ledger.seal.digest import to_base64url
from ledger.store.followed import RepeatedDigest
from ledger.trust.status import StatusList
from ledger.verify.evidence import hides
from schemas.bundle import Proof
from schemas.document import replace
from schemas.evidence import Cleared, FalseList, Malformed, Node, Parted, Rebuilt, Repeat
from schemas.problem import CheckError

MOST_LOG_SHOWN: Final = 300_000
"""Entries that evidence against a list shows: below 64 MiB.

Of a longer log the monitor names the list, and who doubts it reads the log.
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """A head of a registry: its content, its note, and readers of its tree and public files.

    `before` are the last heads of the logs that were closed before this one.
    """

    registry: str
    head: Head
    note: str
    hashes: TileHashes
    read: Callable[[str], bytes]
    before: tuple[Looked, ...] = ()

    @property
    def first(self) -> int:
        """The position of this log's first entry, counted through all logs."""
        return sum(each.head.size for each in self.before)

    def _above(self, position: int) -> tuple[Looked, int]:
        """Return the log of an entry, this one or an earlier one, and its index there."""
        for each in self.before:
            if position < each.head.size:
                return each, position
            position -= each.head.size
        return self, position

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of the entries from `start` up to, not including, `end`.

        Raises:
            InputError: `log.bundle`; what `read` raises.
        """
        for index in range(start // WIDTH, -(-end // WIDTH)):
            tile = tile_at(ENTRIES, index, self.head.size)
            bundle = parse_bundle(self.read(tile.to_path()), tile)
            yield from bundle[max(0, start - index * WIDTH) : end - index * WIDTH]

    def proof(self, index: int) -> Proof:
        """Return an entry with its way to the head."""
        raw = next(self.entries(index, index + 1))
        path = prove_inclusion(self.hashes, index=index, size=self.head.size)
        return Proof(entry=to_base64url(raw), index=index, path=tuple(map(to_base64url, path)))

    def repeat(self, repeated: RepeatedDigest) -> Repeat:
        """Return evidence that a mark or a record is in two entries."""
        log, index = self._above(repeated.first)
        return Repeat(
            oreprint="evidence/1",
            registry=self.registry,
            checkpoint=self.note,
            shows="repeat",
            what="mark" if repeated.what == "marks" else "record",
            digest=to_base64url(repeated.digest),
            first=log.proof(index),
            second=self.proof(repeated.second - self.first),
            earlier=None if log is self else log.note,
        )

    def cleared(self, index: int) -> Cleared:
        """Return what shows that an entry takes a bit back."""
        entry = self.proof(index)
        return Cleared(
            oreprint="evidence/1", registry=self.registry, checkpoint=self.note, shows="cleared", entry=entry
        )

    def malformed(self, index: int) -> Malformed:
        """Return what shows that an entry is none."""
        entry = self.proof(index)
        return Malformed(
            oreprint="evidence/1", registry=self.registry, checkpoint=self.note, shows="malformed", entry=entry
        )

    def false_list(self, index: int, text: str, opened: StatusList | None) -> FalseList:
        """Return what shows a list false: one entry that it hides, where there is one, else all of the log below it.

        Raises:
            CheckError: `evidence.list`, when that would be too long for a file, or would take all of a closed log, too.
        """
        made = FalseList(
            oreprint="evidence/1",
            registry=self.registry,
            checkpoint=self.note,
            shows="list",
            credential=text,
            entry=self.proof(index),
        )
        if opened is None or opened.record.size != index:
            return made
        for log in (self, *self.before):
            found = enumerate(log.entries(0, index if log is self else log.head.size))
            hidden = next((at for at, raw in found if hides(opened, Entry.parse(raw).bits)), None)
            if hidden is not None:
                earlier = {} if log is self else {"earlier": log.note}
                return replace(made, against=log.proof(hidden), **earlier)
        if index > MOST_LOG_SHOWN or self.before:
            raise CheckError.at("evidence.list", index=index)
        consistency = prove_consistency(self.hashes, old_size=index, new_size=self.head.size) if index else ()
        below = tuple(map(to_base64url, self.entries(0, index)))
        return replace(made, log=below, consistency=tuple(map(to_base64url, consistency)))

    def rebuilt(self, note: str, noted: Frontier) -> Rebuilt | None:
        """Return evidence that an earlier head, its edge `noted`, doesn't begin this one; None where it may."""
        parted = None
        if noted.size != self.head.size and (parted := next(_parted(noted, self.hashes), None)) is None:
            return None
        return Rebuilt(
            oreprint="evidence/1",
            registry=self.registry,
            checkpoint=note,
            shows="rebuilt",
            other=self.note,
            parted=parted,
        )


def _parted(noted: Frontier, hashes: TileHashes) -> Iterator[Parted]:
    """Yield each node of a tree's edge at which a larger tree has another hash."""
    for (level, index), digest in noted.nodes.items():
        other = hashes.read_hashes([(level, index)])[0]
        if other != digest:
            own = prove_node(noted, (level, index), size=noted.size)
            theirs = prove_node(hashes, (level, index), size=hashes.size)
            yield Parted(level=level, index=index, node=_node(digest, own), other=_node(other, theirs))


def _node(digest: bytes, path: Sequence[bytes]) -> Node:
    return Node(digest=to_base64url(digest), path=tuple(map(to_base64url, path)))
