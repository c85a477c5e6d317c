"""Read the published log of another registry, and prove all stored records of that registry to its newest head.

Rules:

1. Tiles count if they lead to a head that the pinned key signed, with the cosignatures that the trust list asks for.
   The log must begin with the heads known before, else it was rebuilt.
2. A status list counts if it is signed and its own entry is in the log.
3. Each object of the published log is read once, before the write lock is taken, so nobody waits for a network.
4. The new proofs are stored if the records that they were made for have not changed; else they are made once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection

from ledger.files.cache import Bounded
from ledger.holdings.mark import status_digest
from ledger.log.entry import Entry, blinded
from ledger.log.head import Head, open_head
from ledger.log.merkle import prove_inclusion, root
from ledger.log.origin import prefix_of
from ledger.log.tile import ENTRIES, WIDTH, Tile, TileHashes, parse_bundle, tile_at
from ledger.registry.registry import OpenRegistry
from ledger.remote.objects import ObjectStore
from ledger.seal.digest import from_base64url, to_base64url
from ledger.store.abroad import ArrivedLine, RegistryCopy, keep_head, keep_lines, keep_list, registry_copy
from ledger.store.engine import reading, writing
from ledger.transfers.mirror import CHECKPOINT
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.trust.status import open_status_list
from ledger.verify.findings import Findings
from ledger.verify.heads import Heads
from schemas.bundle import CertificateLine, HeadLine, Proof, SplitLine, StatementLine, StatusLine
from schemas.document import replace
from schemas.problem import CheckError, MissingError, RefusedError
from schemas.vocabulary import PURPOSES

TILES_KEPT: Final = 1024
"""Tiles and bundles of entries that are kept while lines are proven: 8 KiB each, and about 50 kB."""
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """A registry's published log: its newest head (`note`), and the tiles to it, each read once."""

    place: ObjectStore
    registry: TrustedRegistry
    note: str
    head: Head
    _read: Bounded[Tile, bytes] = field(default_factory=partial(Bounded, TILES_KEPT))

    @classmethod
    def at(cls, place: ObjectStore, known: str, *, trust: Trust, registry: str, now_ms: int) -> PublishedLog:
        """Read the newest head of the log that the head `known` is of.

        Raises:
            CheckError: `trust.registry-unknown`, `abroad.head`, where it isn't signed and cosigned as the trust list
                asks.
            MissingError: `monitor.not-there`; StateError: `publish.away`.
        """
        path = prefix_of(known.partition("\n")[0]) + CHECKPOINT
        found = place.read(path)
        if found is None:
            raise MissingError.at("monitor.not-there", path, where=place.name)
        note = found.decode(errors="replace")
        return cls(
            place, trust.registry(registry), note, checked_head(note, trust=trust, registry=registry, now_ms=now_ms)
        )

    @property
    def hashes(self) -> TileHashes:
        """A reader of the tree's hashes."""
        return TileHashes(self.head.size, lambda tiles: [self._tile(tile) for tile in tiles])

    def check_begins_with(self, note: str) -> None:
        """Check that an earlier head of this log is its beginning.

        Raises:
            CheckError: `abroad.rebuilt`, also where the place has not got as far as that head.
        """
        before = open_head(note, self.registry.logs[self.head.origin].key)
        same = before.size <= self.head.size and (before.size == 0 or root(self.hashes, before.size) == before.root)
        if not same:
            raise CheckError.at(
                "abroad.rebuilt", registry=self.registry.listed.id, size=before.size, now=self.head.size
            )

    def proof(self, index: int) -> Proof:
        """Return the place of an entry, proven to the head; raise CheckError `log.tile-width`."""
        path = prove_inclusion(self.hashes, index=index, size=self.head.size)
        return Proof(entry=to_base64url(self._entry(index)), index=index, path=tuple(map(to_base64url, path)))

    def anew(self, line: ArrivedLine) -> ArrivedLine:
        """Return a line proven to this head."""
        read = line.read
        if not isinstance(read, CertificateLine | SplitLine | StatementLine):
            raise TypeError(line)
        proven = replace(read, proof=self.proof(read.proof.index))
        return line._replace(line=proven.to_text())

    def lists(self, numbers: Iterable[int]) -> Iterator[tuple[str, StatusLine]]:
        """Yield the status lists of these numbers that are published, each with its name."""
        known = self.registry
        for number in sorted(set(numbers)):
            for purpose in PURPOSES:
                text = self.place.read(f"status/{purpose}-{number}")
                if text is None:
                    continue
                opened = open_status_list(text.decode(), keys=known.status_keys)
                # one that is newer than the head comes next time; one of a later log is elsewhere
                if opened.record.size < self.head.size:
                    proof = self.proof(opened.record.size)
                    if Entry.parse(from_base64url(proof.entry)).digest != blinded(status_digest(text.decode())):
                        continue
                    line = StatusLine(t="status", registry=known.listed.id, credential=text.decode(), proof=proof)
                    yield f"{purpose}/{number}", line

    def _tile(self, tile: Tile) -> bytes:
        found = self._read.get(tile)
        if found is None:
            found = self.place.read(prefix_of(self.head.origin) + tile.to_path()) or b""
            self._read.put(tile, found)
        return found

    def _entry(self, index: int) -> bytes:
        tile = tile_at(ENTRIES, index // WIDTH, self.head.size)
        return parse_bundle(self._tile(tile), tile)[index % WIDTH]


def checked_head(note: str, *, trust: Trust, registry: str, now_ms: int) -> Head:
    """Return the head in a checkpoint note, signed and cosigned as the trust list asks of this registry.

    Raises:
        CheckError: `abroad.head`.
    """
    findings = Findings()
    heads = Heads(trust, findings, now_ms)
    heads.add(HeadLine(t="head", registry=registry, checkpoint=note))
    known = heads.by_registry.get(registry)
    if known is None or findings.all:
        raise CheckError.at("abroad.head", registry=registry)
    return known.head


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The stored records of a registry, proven to its newest head (`note`), and derived from those stored `before`."""

    registry: str
    before: RegistryCopy
    note: str
    lines: Sequence[ArrivedLine]
    lists: Mapping[str, StatusLine]

    def keep(self, connection: Connection) -> None:
        """Write it down; raise RefusedError `abroad.meanwhile` where the records that it rests on have changed."""
        if registry_copy(connection, self.registry) != self.before:
            raise RefusedError.at("abroad.meanwhile", registry=self.registry)
        keep_lines(connection, self.lines)
        for name, line in self.lists.items():
            keep_list(connection, self.registry, line, name=name)
        keep_head(connection, self.registry, self.note)


def refreshed(
    published: PublishedLog, before: RegistryCopy, known: Sequence[str], further: Iterable[StatusLine] = ()
) -> Refreshed:
    """Return all that is kept of a registry proven anew, to the head that is published.

    Heads that are `known` must be its beginning; `further` status lists say of which more are needed.

    Raises:
        CheckError: `abroad.rebuilt`, `log.tile-width`; StateError: `publish.away`.
    """
    for note in known:
        published.check_begins_with(note)
    of = published.registry
    kept = [*before.lists, *further]
    opened = [open_status_list(each.credential, keys=of.status_keys) for each in kept]
    lists = dict(published.lists(each.record.list for each in opened))
    # where no newer one is of this log, the one that is here stays
    for line, each in zip(reversed(kept), reversed(opened), strict=True):
        name = f"{each.record.purpose}/{each.record.list}"
        if name not in lists:
            lists[name] = replace(line, proof=published.proof(line.proof.index))
    return Refreshed(of.listed.id, before, published.note, [published.anew(line) for line in before.lines], lists)


def refresh(this_registry: OpenRegistry, registry: str, place: ObjectStore, *, trust: Trust) -> int:
    """Prove all that is kept of another registry to the newest head published at a place; return that head's size.

    Raises:
        RefusedError: `abroad.nothing`, where nothing is kept of it; `abroad.meanwhile`.
        CheckError, StateError: as `PublishedLog`.
    """

    def once() -> int:
        with reading(this_registry.engine) as connection:
            before = registry_copy(connection, registry)
        if before.head is None:
            raise RefusedError.at("abroad.nothing", registry=registry)
        published = PublishedLog.at(
            place, before.head, trust=trust, registry=registry, now_ms=this_registry.runtime.now_ms()
        )
        made = refreshed(published, before, (before.head,))
        with writing(this_registry.engine) as connection:
            # A crash before the commit: all that is kept is proven to the head of before.
            made.keep(connection)
            connection.commit()
        return published.head.size

    return again_if_meanwhile(once)


def again_if_meanwhile(do: Callable[[], Done]) -> Done:
    """Write a renewal down, again where another process was quicker; raise RefusedError `abroad.meanwhile`."""
    try:
        return do()
    except RefusedError as error:
        if error.code != "abroad.meanwhile":
            raise
    return do()
