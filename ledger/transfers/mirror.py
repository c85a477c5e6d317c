"""A registry's public files in a folder, or in a bucket behind a web server.

Rules:

1. The paths are those of the API: ``tile/…``, ``checkpoint``, ``status/…``, ``published/…`` (every list that an entry
   put in force), ``trust/…``, ``trust.json``, ``ns/v1``, DID documents, ``v1/certificates/…`` (as the public sees
   each), so a bucket may answer for the registry's own domain.
2. What never changes is put only where there is none; where something else is there, the log was rebuilt, and nothing
   more is put.
3. The checkpoint comes last: whoever reads it finds all that it speaks of.  It never goes back.  It is the newest that
   witnesses have cosigned, where they are asked.
4. A log that was closed stays where it is, with its last checkpoint; the next one lies beside it, under its number
   (`ledger.log.origin`).
5. Begun again it goes on from the checkpoint that is there, so what was put before a crash is only looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from ledger.log.head import open_head
from ledger.log.origin import prefix_of
from ledger.log.tile import Tile, new_tiles
from ledger.registry.did_documents import hosted_documents
from ledger.registry.lists import trust_file
from ledger.registry.readiness import check_entries
from ledger.registry.registry import OpenRegistry
from ledger.remote.objects import ObjectStore
from ledger.seal.context import REGISTRY_CONTEXT
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, last_heads, log_key, tile_content
from ledger.store.reading import certificates_logged, latest_published, trust_lists
from ledger.store.status import listed_at, listed_between, listed_in, status_lists
from schemas.problem import MissingError, StateError
from schemas.vocabulary import PURPOSES

CHECKPOINT: Final = "checkpoint"
_IN_LOG: Final = re.compile(r"((?:log/[0-9]+/)?)(.*)", re.ASCII | re.DOTALL)
_PUBLISHED: Final = re.compile(r"published/(0|[1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The result of publishing: the size of the open log now and before, and the number of new objects."""

    size: int
    before: int
    new: int


def mirror(
    registry: OpenRegistry, place: ObjectStore, *, progress: Callable[[int, int], None] = lambda *_: None
) -> Mirrored:
    """Publish everything that a place lacks. Call `progress` with the objects done and in all.

    Raises:
        StateError: `publish.differs`, `publish.ahead`, `publish.away`; `home.behind-head`, where the database lost
            entries.
    """
    with reading(registry.engine, long=True) as connection:
        *closed, latest = last_heads(connection)
        older = sum(_put(registry, connection, place, head, (), progress).new for head in closed)
        put = _put(registry, connection, place, latest, _lists(registry, connection), progress)
    return replace(put, new=put.new + older)


def _put(
    registry: OpenRegistry,
    connection: Connection,
    place: ObjectStore,
    latest: StoredHead,
    lists: Iterable[tuple[str, bytes]],
    progress: Callable[[int, int], None],
) -> Mirrored:
    """Put all of one log, and with the open one the lists that are in force."""
    prefix = prefix_of(latest.origin)
    stored, head, new = _size_there(connection, place, latest), registry.published(latest), 0
    check_entries(registry)
    if stored > head.size:  # what is there was cosigned by nobody, and is still the newest
        return Mirrored(stored, stored, 0)
    fixed = [
        *_tiles(connection, stored, head),
        *_certificates(connection, head.first + stored, head.end),
        *_published(connection, stored, head),
    ]
    for done, (path, content) in enumerate(fixed):
        new += place.put_new(path, content())
        progress(done + 1, len(fixed))
    # A crash here: some of it is there, which the next time finds the same; nothing yet speaks of it.
    for path, text in lists:
        place.replace(path, text)
    # A crash here: the lists are those of a head that comes next time; a list says itself which size it covers.
    place.replace(f"{prefix}{CHECKPOINT}", head.note.encode())
    return Mirrored(head.size, stored, new)


def _size_there(connection: Connection, place: ObjectStore, latest: StoredHead) -> int:
    """Return the size that the place's checkpoint of a log tells; never more than there is here."""
    there = place.read(f"{prefix_of(latest.origin)}{CHECKPOINT}")
    if there is None:
        return 0
    known = open_head(there.decode(errors="replace"), log_key(connection, latest.origin))
    if known.size > latest.size:
        raise StateError.at("publish.ahead", where=place.name, there=known.size, here=latest.size)
    return known.size


def _tiles(connection: Connection, before: int, head: StoredHead) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for tile in new_tiles(before, head.size):
        yield prefix_of(head.origin) + tile.to_path(), lambda tile=tile: tile_content(connection, tile, head)  # type: ignore[misc]


def _certificates(connection: Connection, before: int, size: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for digest, jws in certificates_logged(connection, before, size):
        yield f"v1/certificates/{certificate_digest_text(digest)}", lambda jws=jws: f"{jws}~".encode()  # type: ignore[misc]


def _published(connection: Connection, before: int, head: StoredHead) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for place in listed_between(connection, head.first + before, head.end):
        path = f"{prefix_of(head.origin)}published/{place - head.first}"
        yield path, lambda place=place: listed_at(connection, place)  # type: ignore[misc]


def public_file(registry: OpenRegistry, path: str) -> bytes:
    """Return the content that this registry publishes at a path that monitors read, of any log.

    Raises:
        MissingError: `store.record-missing`; InputError: `log.tile-path`.
    """
    with reading(registry.engine) as connection:
        prefix, path = _IN_LOG.fullmatch(path).groups()  # type: ignore[union-attr] # every path is one
        head = next((each for each in last_heads(connection) if prefix_of(each.origin) == prefix), None)
        if head is None:
            raise MissingError.at("store.record-missing")
        if path == CHECKPOINT:
            return registry.published(head).note.encode()
        if found := _PUBLISHED.fullmatch(path):
            return listed_in(connection, head, int(found[1]))
        return tile_content(connection, Tile.parse(path), head)


def _lists(registry: OpenRegistry, connection: Connection) -> Iterator[tuple[str, bytes]]:
    for number in status_lists(connection):
        for purpose in PURPOSES:
            known = latest_published(connection, "status", f"{purpose}/{number}")
            if known is not None:
                yield f"status/{purpose}-{number}", known.content
    versions = {
        number: trust_file(registry, connection, version).to_bytes()
        for number, version in trust_lists(connection).items()
    }
    if not versions:
        raise MissingError.at("store.record-missing")
    yield "ns/v1", REGISTRY_CONTEXT
    yield from hosted_documents(connection)
    yield from ((f"trust/{number}", content + b"\n") for number, content in versions.items())
    yield "trust.json", versions[max(versions)] + b"\n"
