"""Store the last signed head apart from the database: in a file, or in an object store.

Rules:

1. A head is replaced only by who knows which one is there (compare-and-swap), so no writer puts an older one back.
2. The file is replaced as a whole (write, fsync, rename, fsync of the folder), under a lock that all writers take.
3. In an object store it is one object that is put only where there is none, or in place of the one whose entity tag is
   known (``If-None-Match``, ``If-Match``).  A copy of the home asks the same store, and so learns that its original
   went on.
4. A put whose answer was lost is asked after: what is there then is what counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.files.atomic import locked, refusals_told, write_durably
from ledger.log.head import open_head
from ledger.log.origin import number_of
from ledger.log.vkey import VerifierKey
from ledger.registry.registry import HeadStore
from ledger.remote.bucket import TaggedObject
from ledger.remote.objects import ObjectStore
from schemas.checkpoint import Checkpoint
from schemas.note import Note
from schemas.problem import InputError, OreprintError, Sentence, StateError

ROOM_BYTES: Final = 512 * 1024
"""Free bytes that a ready registry needs: two commits of one record each, as SQLite writes them."""
AWAY_SECONDS: Final = 10
"""After this time the store counts as away: a commit holds the write lock while it waits."""
HEAD: Final = "head"
"""The object of the last signed head, below the address of the store."""


@dataclass(frozen=True, slots=True)
class FileHeadStore:
    """The last signed head in a file; `log` is the key that its notes must be signed with."""

    path: Path
    log: VerifierKey

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    def read(self) -> str:
        """Return the last head's note.

        Raises:
            StateError: `home.head-missing`, `home.unwritable`.
        """
        with refusals_told(self.path):
            try:
                return self.path.read_bytes().decode(errors="replace")
            except FileNotFoundError as error:
                raise StateError.at("home.head-missing", path=str(self.path)) from error

    def begin(self, note: str) -> None:
        """Put the first head where there is none; raise StateError `home.behind-head` where there is another."""
        with self._locked():
            if not self.path.exists():
                write_durably(self.path, note.encode())
        there = self.read()
        if there != note:
            raise StateError.at("home.behind-head", signed=_read(there, self).size, stored=0)

    def advance(self, known: str, note: str) -> None:
        """Replace `known` by `note`, unless another writer has already put a larger head there.

        Raises:
            StateError: `home.behind-head` if the stored head is neither `known` nor larger than `note`;
                `home.unwritable`.
        """
        with self._locked():
            there = self.read()
            if there == known:
                write_durably(self.path, note.encode())
                return
            _check_later(there, note, self)

    def check_room(self) -> None:
        """Raise StateError `home.unwritable` where the disk has no room for a head; nothing is written."""
        with self._locked():
            room = self.path.with_name("head.room")
            descriptor = os.open(room, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, ROOM_BYTES)
            finally:
                os.close(descriptor)
                room.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of all writers, or raise StateError `home.unwritable`. A process that dies releases it."""
        with refusals_told(self.path), locked(self.path.with_name("head.lock")):
            yield


def head_place(address: str, options: Mapping[str, object] | None = None) -> ObjectStore:
    """Return the object store at an address, unasked; raise InputError `home.bucket`, `publish.place`."""
    if "://" not in address:
        raise InputError.at("home.bucket", value=address)
    return ObjectStore.at(address, options, seconds=AWAY_SECONDS)


@dataclass(frozen=True, slots=True)
class ObjectHeadStore:
    """The last signed head as an object of a store; `log` is the key that its notes must be signed with."""

    place: ObjectStore
    log: VerifierKey
    _seen: list[TaggedObject] = field(default_factory=list)  # what was there last, if anything: a swap needs its tag

    @classmethod
    def at(cls, address: str, log: VerifierKey, options: Mapping[str, object] | None = None) -> ObjectHeadStore:
        """Return the store at an address such as ``s3://bucket/prefix``; raise as `head_place`."""
        return cls(head_place(address, options), log)

    @property
    def where(self) -> str:
        """The address of the store."""
        return self.place.name

    def read(self) -> str:
        """Return the last head's note; raise StateError `home.head-missing`, `home.unwritable`."""
        return self._there().content.decode(errors="replace")

    def begin(self, note: str) -> None:
        """Put the first head; raise StateError `home.behind-head` where there is another, `home.unwritable`."""
        try:
            self.place.put_new(HEAD, note.encode())
        except OreprintError as error:
            if error.code != "publish.differs":
                raise self._refused(error) from error
            raise StateError.at("home.behind-head", signed=_read(self.read(), self).size, stored=0) from error

    def advance(self, known: str, note: str) -> None:
        """Replace `known` by `note`, unless another writer has already put a larger head there.

        Raises:
            StateError: `home.behind-head` if the stored head is neither `known` nor larger than `note`;
                `home.head-missing`; `home.unwritable`.
        """
        there = self._seen[-1] if self._seen else self._there()
        if there.content != known.encode() or not self._swap(there, note):
            # what is remembered is not what is there, or the answer to an earlier try was lost
            there = self._there()
            if there.content == known.encode() and self._swap(there, note):
                return
            _check_later(self.read(), note, self)

    def check_room(self) -> None:
        """Raise StateError `home.unwritable` where the store gives no answer."""
        self._there()

    def _there(self) -> TaggedObject:
        try:
            found = self.place.read_tagged(HEAD)
        except StateError as error:
            raise self._refused(error) from error
        if found is None:
            raise StateError.at("home.head-missing", path=self.place.name)
        self._seen[:] = [found]
        return found

    def _swap(self, there: TaggedObject, note: str) -> bool:
        """Put a head in place of the one that was seen; return whether that was still there."""
        try:
            put = self.place.swap(HEAD, there.tag, note.encode())
        except StateError as error:
            raise self._refused(error) from error
        self._seen[:] = [] if put is None else [put]
        return put is not None

    def _refused(self, error: OreprintError) -> StateError:
        return StateError.at(
            "home.unwritable", path=self.place.name, reason=error.problems[0].facts.get("reason", error.code)
        )


def kept_head(heads: HeadStore) -> str | None:
    """Return the last signed head's note, or None where there is none; raise StateError `home.unwritable`."""
    try:
        return heads.read()
    except StateError as error:
        if error.code != "home.head-missing":
            raise
        return None


def head_damaged(where: str, error: OreprintError) -> StateError:
    """Return the error for a stored head that this registry did not sign."""
    # the place is told whole: whoever reads it is to remove what is there
    return StateError.at("home.head-damaged", path=Sentence(where), reason=Sentence(error.problems[0].sentence()))


def _check_later(there: str, note: str, store: FileHeadStore | ObjectHeadStore) -> None:
    """Refuse if the stored head is neither `note` nor larger, nor of a later log.

    Whose key isn't known here, only its name.
    """
    signed, ours = (_read(each, store) for each in (there, note))
    number, own = number_of(signed.origin), number_of(ours.origin)
    if there != note and (number, signed.size) <= (own, ours.size):
        raise StateError.at("home.behind-head", signed=signed.size, stored=ours.size)


def _read(note: str, store: FileHeadStore | ObjectHeadStore) -> Checkpoint:
    """Return a head, which the log's key must have signed; raise StateError `home.head-damaged`."""
    try:
        told = Checkpoint.parse(Note.parse(note).text)
        if number_of(told.origin) == number_of(store.log.name):
            open_head(note, store.log)
    except OreprintError as error:
        raise head_damaged(store.where, error) from error
    return told
