"""A registry's public log for tests, honest or not: entries as they are put in, tiles, lists and heads signed by the
real key.

The registry is ``one.example`` of `tests.support.worlds.parties`, whose keys are known to every test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.holdings.mark import status_digest, trust_digest
from ledger.log.entry import Entry, EntryKind, ListVersion, StatusBit, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import Frontier, leaf_hash, prove_consistency
from ledger.log.tile import ENTRIES, WIDTH, Tile, bundle_bytes
from ledger.log.vkey import KeyType
from ledger.log.witness import AddCheckpoint
from ledger.trust.pinned import proposed_list
from ledger.trust.status import rebuild, sign_status_list
from ledger.witnessing.monitor import Monitor
from schemas.instant import instant_text, whole_second
from schemas.note import Note
from schemas.problem import MissingError
from schemas.status import StatusRecord
from tests.support.worlds.parties import START_MS, cast, key, vkey
from tests.support.worlds.tiles import tile_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ledger.log.merkle import Node
    from ledger.log.vkey import VerifierKey
    from ledger.trust.pinned import Trust
    from schemas.vocabulary import Purpose

NAME: Final = "one.example"
LOG: Final = vkey(f"{NAME}/log")
MONITOR: Final = vkey(f"monitor.{NAME}", KeyType.COSIGNATURE)


@dataclass
class PublicLog:
    """The log; `read` is what a server or a folder would answer, and counts what it was asked."""

    raws: list[bytes] = field(default_factory=list)
    lists: dict[int, str] = field(default_factory=dict)
    time_ms: int = START_MS
    hashes: dict[Node, bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    asked: list[str] = field(default_factory=list)
    log: VerifierKey = LOG
    before: list[bytes] = field(default_factory=list)
    """The entries of the logs that were closed before."""

    @property
    def size(self) -> int:
        return len(self.raws)

    def put(self, *raws: bytes) -> None:
        """Log entries as they are."""
        growth = self.frontier.append(map(leaf_hash, raws))
        self.frontier = growth.frontier
        self.hashes.update(growth.hashes)
        self.raws += raws

    def record(self, name: str, marks: Iterable[bytes] = (), bits: Iterable[StatusBit] = ()) -> int:
        """Log a record; return its entry."""
        self.time_ms += 1000
        digest = blinded(sha256(name.encode()).digest())
        self.put(Entry(EntryKind.RECORD, self.time_ms, digest, tuple(sorted(marks)), tuple(sorted(bits))).to_bytes())
        return self.size - 1

    def records(self, count: int) -> None:
        """Log records, each with a mark of its own."""
        for number in range(self.size, self.size + count):
            self.record(f"record {number}", [sha256(f"mark {number}".encode()).digest()])

    def publish(
        self,
        purpose: Purpose = "revocation",
        *,
        bits: bytes | None = None,
        size: int | None = None,
        relist: Callable[[str], str] = str,
    ) -> int:
        """Publish the status list 0 of a purpose, right unless told otherwise; return its entry."""
        self.time_ms += 1000
        here = self.size
        changes = [bit for raw in (*self.before, *self.raws) for bit in Entry.parse(raw).bits]
        right = rebuild(changes, purpose=purpose, list_number=0)
        told = StatusRecord(
            oreprint="status/1",
            registry=NAME,
            purpose=purpose,
            list=0,
            number=len(self.lists) + 1,
            size=here if size is None else size,
        )
        issued = instant_text(whole_second(self.time_ms))
        jws = relist(sign_status_list(told, right if bits is None else bits, issued=issued, signer=key(NAME)))
        listed = ListVersion(told.number, sha256(jws.encode()).digest())
        self.put(Entry(EntryKind.STATUS_LIST, self.time_ms, blinded(status_digest(jws)), listed=listed).to_bytes())
        self.lists[here] = jws
        return here

    def publish_trust(self, note: str) -> int:
        """Publish a version of the trust list; return its entry."""
        self.time_ms += 1000
        listed = ListVersion(proposed_list(note).number, sha256(note.encode()).digest())
        self.put(Entry(EntryKind.TRUST_LIST, self.time_ms, blinded(trust_digest(note)), listed=listed).to_bytes())
        self.lists[self.size - 1] = note
        return self.size - 1

    def read_hashes(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self.hashes[node] for node in nodes]

    def note(self, size: int | None = None) -> str:
        """Return a head that the log signed."""
        wanted = self.size if size is None else size
        root = Frontier.read(self, wanted).root()
        return sign_head(self.log, size=wanted, root=root, sign=key(self.log.name).sign)

    def read(self, path: str) -> bytes:
        self.asked.append(path)
        if path == "checkpoint":
            return self.note().encode()
        if path.startswith("published/"):
            found = self.lists.get(int(path.removeprefix("published/")))
            if found is None:
                raise MissingError.at("store.record-missing")
            return found.encode()
        tile = Tile.parse(path)
        if tile.level == ENTRIES:
            return bundle_bytes(self.raws[tile.index * WIDTH : tile.index * WIDTH + tile.width])
        return tile_bytes(self, tile)

    def request(self, old: int) -> bytes:
        """Return the request by which the registry asks to cosign its head."""
        proof = prove_consistency(self, old_size=old, new_size=self.size) if old else ()
        return AddCheckpoint(old, tuple(proof), Note.parse(self.note())).to_text().encode()


def monitor_of(log: PublicLog, folder: Path, *, trust: Trust | None = None, ahead_ms: int = 0) -> Monitor:
    """Return the monitor of a log, its clock as the log's or so much `ahead_ms`."""
    pinned = trust or cast().trust
    return Monitor(
        folder,
        MONITOR,
        key(MONITOR.name).sign,
        pinned,
        pinned.registry(NAME),
        log.read,
        lambda: log.time_ms + ahead_ms,
    )
