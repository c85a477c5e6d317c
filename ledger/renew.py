"""The published log of another registry, and all that is kept of that registry proven anew to its newest head.

Rules: tiles are believed for what leads to a head signed by the pinned key, with the cosignatures that the trust list asks for; that
head must have the heads known before as its beginning, else the log was rebuilt.  Status lists are taken where they are signed
and are their own entries.  What this module does not do: it opens no record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.holdings.mark import status_digest
from ledger.log.entry import Entry, blinded
from ledger.log.head import Head, open_head
from ledger.log.merkle import prove_inclusion, root
from ledger.log.origin import prefix_of
from ledger.log.tile import ENTRIES, WIDTH, Tile, TileHashes, parse_bundle, tile_at
from ledger.mirror import CHECKPOINT
from ledger.seal.digest import from_base64url, to_base64url
from ledger.store.abroad import ArrivedLine, head_of, keep_head, keep_lines, keep_list, lines_from, lists_of
from ledger.store.engine import reading, writing
from ledger.trust.status import open_status_list
from ledger.verify.heads import Heads
from ledger.verify.judge import Judge
from schemas.bundle import CertificateLine, HeadLine, Proof, SplitLine, StatementLine, StatusLine
from schemas.problem import CheckError, RefusedError
from schemas.vocabulary import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.book import Book
    from ledger.remote.objects import Place
    from ledger.trust.pinned import Trust, TrustedRegistry


@dataclass(frozen=True, slots=True)
class Published:
    """What a registry published at a place: its newest head there (`note`), and the tiles that lead to it."""

    place: Place
    registry: TrustedRegistry
    note: str
    head: Head

    @classmethod
    def at(cls, place: Place, known: str, *, trust: Trust, registry: str, now_ms: int) -> Published:
        """Read the newest head of the log that the head `known` is of.

        Raises:
            CheckError: `trust.registry-unknown`, `abroad.head`, where it isn't signed and cosigned as the trust list asks.
            StateError: `publish.away`.

        """
        path = prefix_of(known.partition("\n")[0]) + CHECKPOINT
        note = (place.read(path) or b"").decode(errors="replace")
        return cls(
            place, trust.registry(registry), note, checked_head(note, trust=trust, registry=registry, now_ms=now_ms)
        )

    @property
    def hashes(self) -> TileHashes:
        """A reader of the tree's hashes."""
        return TileHashes(self.head.size, lambda tiles: [self._tile(tile) for tile in tiles])

    def check_begins_with(self, note: str) -> None:
        """Hold that an earlier head of this log is its beginning.

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
        proven = read.model_copy(update={"proof": self.proof(read.proof.index)})
        return line._replace(line=proven.to_text())

    def lists(self, numbers: Iterable[int]) -> Iterator[tuple[str, StatusLine]]:
        """Yield the status lists of these numbers that are published, each with its name."""
        known = self.registry
        for number in sorted(set(numbers)):
            for purpose in PURPOSES:
                text = self.place.read(f"status/{purpose}-{number}")
                if text is None:
                    continue
                opened = open_status_list(text.decode(), kid=known.status_kid, public=known.status_public)
                # one that is newer than the head comes next time; one of a later log stands elsewhere
                if opened.record.size < self.head.size:
                    proof = self.proof(opened.record.size)
                    if Entry.parse(from_base64url(proof.entry)).digest != blinded(status_digest(text.decode())):
                        continue
                    line = StatusLine(t="status", registry=known.listed.id, credential=text.decode(), proof=proof)
                    yield f"{purpose}/{number}", line

    def _tile(self, tile: Tile) -> bytes:
        return self.place.read(prefix_of(self.head.origin) + tile.to_path()) or b""

    def _entry(self, index: int) -> bytes:
        tile = tile_at(ENTRIES, index // WIDTH, self.head.size)
        return parse_bundle(self._tile(tile), tile)[index % WIDTH]


def checked_head(note: str, *, trust: Trust, registry: str, now_ms: int) -> Head:
    """Return the head in a checkpoint note, signed and cosigned as the trust list asks of this registry.

    Raises:
        CheckError: `abroad.head`.

    """
    judge = Judge()
    heads = Heads(trust, judge, now_ms)
    heads.add(HeadLine(t="head", registry=registry, checkpoint=note))
    known = heads.by_registry.get(registry)
    if known is None or judge.findings:
        raise CheckError.at("abroad.head", registry=registry)
    return known.head


def renew(book: Book, registry: str, place: Place, *, trust: Trust) -> int:
    """Prove all that is kept of another registry to the newest head published at a place; return that head's size.

    Raises:
        RefusedError: `abroad.nothing`, where nothing is kept of it; CheckError, StateError: as `Published`.

    """
    with reading(book.engine) as connection:
        known = head_of(connection, registry)
    if known is None:
        raise RefusedError.at("abroad.nothing", registry=registry)
    published = Published.at(place, known, trust=trust, registry=registry, now_ms=book.around.now_ms())
    with writing(book.engine) as connection:
        known = head_of(connection, registry) or known  # another process may have been quicker
        take(connection, published, (known,))
        connection.commit()
    return published.head.size


def take(
    connection: Connection, published: Published, before: Sequence[str], further: Iterable[StatusLine] = ()
) -> None:
    """Write down that a registry's newest head is the one published, and prove all lines of it anew.

    Heads known `before` must be its beginning; `further` status lists say of which more are needed.
    """
    registry = published.registry.listed.id
    for note in before:
        published.check_begins_with(note)
    keep_lines(connection, [published.anew(line) for line in lines_from(connection, registry)])
    known = published.registry
    kept = [*lists_of(connection, registry), *further]
    opened = [open_status_list(each.credential, kid=known.status_kid, public=known.status_public) for each in kept]
    fresh = dict(published.lists(each.record.list for each in opened))
    # where no newer one is of this log, the one that is here stays
    for line, of in zip(reversed(kept), reversed(opened), strict=True):
        name = f"{of.record.purpose}/{of.record.list}"
        if name not in fresh:
            fresh[name] = line.model_copy(update={"proof": published.proof(line.proof.index)})
    for name, line in fresh.items():
        keep_list(connection, registry, line, name=name)
    keep_head(connection, registry, published.note)
