"""Cosigned heads in files beside the head, and the cosigners that know a head which isn't here.

Rules: the files are ``witnessed``, ``monitored`` and ``ahead``, of a later log with its number (``monitored-2``);
several processes may keep heads at once; a larger one is never replaced by a smaller one.  The files are public, and
whoever loses them asks again: they are no part of what a registry must not forget.  What the disk refuses, or is not as
it was written, is told as a state that an operator mends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from ledger.files.atomic import locked, refusals_told, write_durably
from ledger.log.origin import number_of
from ledger.registry.registry import Cosigning
from ledger.store.logs import StoredHead
from schemas.checkpoint import Checkpoint
from schemas.note import Note
from schemas.problem import InputError, Problem, StateError

AHEAD: Final = "ahead"
Kept = TypeVar("Kept")
_SIZES: Final = TypeAdapter(dict[str, int])


@dataclass(frozen=True, slots=True)
class FileCosigned:
    """The newest cosigned heads in the files of a folder; why nothing is signed yet is of this process alone."""

    folder: Path
    _held: list[Problem] = field(default_factory=list)

    def read(self, assurance: Cosigning, origin: str) -> StoredHead | None:
        """Return the newest head of a log with an assurance; raise StateError as `ahead`, `home.unwritable`."""
        return self._kept(_name(assurance, origin), _stored)

    def keep(self, note: str, assurance: Cosigning) -> None:
        """Keep a head, unless a larger one of its log is kept; raise as `read`."""
        raw = note.encode()
        head = _stored(raw)
        name = _name(assurance, head.origin)
        with self._changing(name, lock=assurance):
            known = self.read(assurance, head.origin)
            if known is None or known.size <= head.size:
                # A crash before or in here: what was cosigned is asked for again.
                write_durably(self.folder / name, raw)

    def ahead(self) -> Mapping[str, int]:
        """Return the cosigners of heads that aren't here, with their sizes; nothing is signed meanwhile.

        Raises:
            StateError: `home.unwritable`, `cosign.unreadable`: then nothing is signed either.
        """
        return self._kept(AHEAD, _SIZES.validate_json) or {}

    def warn(self, name: str, size: int) -> None:
        """Keep that a cosigner has cosigned `size` entries which aren't here, or are others here; raise as `ahead`."""
        with self._changing_ahead() as known:
            known[name] = size

    def forget(self, names: Collection[str]) -> None:
        """Forget what these cosigners said of heads that aren't here; raise as `ahead`."""
        if self.ahead().keys() & names:
            with self._changing_ahead() as known:
                for name in names:
                    known.pop(name, None)

    def hold(self, why: Problem | None) -> None:
        """Keep this process from signing, and say why; None ends that."""
        self._held[:] = [] if why is None else [why]

    def held(self) -> Problem | None:
        """Return why this process must not sign yet, or None."""
        return next(iter(self._held), None)

    @contextmanager
    def _changing_ahead(self) -> Iterator[dict[str, int]]:
        with self._changing(AHEAD, lock=AHEAD):
            known = dict(self.ahead())
            yield known
            write_durably(self.folder / AHEAD, _SIZES.dump_json(known))

    @contextmanager
    def _changing(self, name: str, *, lock: str) -> Iterator[None]:
        """Hold the lock that every writer of the file takes."""
        with refusals_told(self.folder / name), locked(self.folder / f"{lock}.lock"):
            yield

    def _kept(self, name: str, read: Callable[[bytes], Kept]) -> Kept | None:
        """Return what a file holds, or None where there is none."""
        path = self.folder / name
        with refusals_told(path):
            try:
                return read(path.read_bytes())
            except FileNotFoundError:
                return None
            except (ValueError, InputError) as error:
                raise StateError.at("cosign.unreadable", path=str(path)) from error


def _name(assurance: Cosigning, origin: str) -> str:
    number = number_of(origin)
    return assurance if number == 1 else f"{assurance}-{number}"


@lru_cache(maxsize=8)
def _stored(raw: bytes) -> StoredHead:
    """Return a note's head; kept, since every report asks for the same two."""
    note = raw.decode()
    return StoredHead(Checkpoint.parse(Note.parse(note).text).size, note)
