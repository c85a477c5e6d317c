"""What a registry publishes, put where others read it without any process of ours: a folder, or a bucket behind a web server.

Rules:

1. The paths are those of the API: ``tile/…``, ``checkpoint``, ``status/…``, ``published/…`` (every list that an entry put in force),
   ``trust.json``, ``v1/certificates/…`` (as the public sees each), so a bucket may answer for the registry's own domain.
2. What never changes is put only where there is none; where something else is there, the log was rebuilt, and nothing more is put.
3. The checkpoint comes last: whoever reads it finds all that it speaks of.  It never goes back.  It is the newest that witnesses have
   cosigned, where they are asked.
4. Begun again it goes on from the checkpoint that is there, so what was put before a crash is only looked at again.

What this module does not do: it signs nothing and judges nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.log.head import open_head
from ledger.log.tile import Tile, new_tiles
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.reading import certificates_logged, latest_head, latest_published, tile_content
from ledger.store.status import listed_at, listed_between, status_lists
from schemas.problem import MissingError, StateError
from schemas.trust import TrustFile
from schemas.vocabulary import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ledger.book import Book
    from ledger.remote.objects import Place

CHECKPOINT: Final = "checkpoint"
_PUBLISHED: Final = re.compile(r"published/(0|[1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What was put: the size of the log now and before, and how many objects were new."""

    size: int
    before: int
    new: int


def mirror(book: Book, place: Place, *, progress: Callable[[int, int], None] = lambda *_: None) -> Mirrored:
    """Put everything that a place lacks; `progress` is told how many objects of how many are done.

    Raises:
        StateError: `publish.differs`, `publish.ahead`, `publish.away`.

    """
    with reading(book.engine) as connection:
        latest = latest_head(connection)
        before, head, new = _size_there(book, place, size=latest.size), book.published(latest), 0
        if before > head.size:  # what is there was cosigned by nobody, and is still the newest
            return Mirrored(before, before, 0)
        fixed = [
            *_tiles(connection, before, head.size),
            *_certificates(connection, before, head.size),
            *_published(connection, before, head.size),
        ]
        for done, (path, content) in enumerate(fixed):
            new += place.put_new(path, content())
            progress(done + 1, len(fixed))
        # A crash here: some of it is there, which the next time finds the same; nothing yet speaks of it.
        for path, text in _lists(connection):
            place.replace(path, text)
        # A crash here: the lists are those of a head that comes next time; a list says itself which size it covers.
        place.replace(CHECKPOINT, head.note.encode())
    return Mirrored(head.size, before, new)


def _size_there(book: Book, place: Place, *, size: int) -> int:
    """Return the size that the place's checkpoint tells; never more than there is here."""
    there = place.read(CHECKPOINT)
    if there is None:
        return 0
    known = open_head(there.decode(errors="replace"), book.log)
    if known.size > size:
        raise StateError.at("publish.ahead", where=place.name, there=known.size, here=size)
    return known.size


def _tiles(connection: Connection, before: int, size: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for tile in new_tiles(before, size):
        yield tile.to_path(), lambda tile=tile: tile_content(connection, tile)  # type: ignore[misc]


def _certificates(connection: Connection, before: int, size: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for digest, jws in certificates_logged(connection, before, size):
        yield f"v1/certificates/{certificate_digest_text(digest)}", lambda jws=jws: f"{jws}~".encode()  # type: ignore[misc]


def _published(connection: Connection, before: int, size: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for index in listed_between(connection, before, size):
        yield f"published/{index}", lambda index=index: listed_at(connection, index)  # type: ignore[misc]


def public_file(book: Book, path: str) -> bytes:
    """Return what stands at one of the paths that a monitor reads, as this registry publishes it.

    Raises:
        MissingError: `store.record-missing`; InputError: `log.tile-path`.

    """
    with reading(book.engine) as connection:
        if path == CHECKPOINT:
            return book.published(latest_head(connection)).note.encode()
        if found := _PUBLISHED.fullmatch(path):
            return listed_at(connection, int(found[1]))
        return tile_content(connection, Tile.parse(path))


def _lists(connection: Connection) -> Iterator[tuple[str, bytes]]:
    for number in status_lists(connection):
        for purpose in PURPOSES:
            known = latest_published(connection, "status", f"{purpose}/{number}")
            if known is not None:
                yield f"status/{purpose}-{number}", known.content
    trust = latest_published(connection, "trust")
    if trust is None:
        raise MissingError.at("store.record-missing")
    yield "trust.json", TrustFile(note=trust.content.decode()).to_bytes() + b"\n"
