"""What witnesses and monitors have said, in files beside the head: the newest heads cosigned, and who knows one that isn't here.

Rules: the files are ``witnessed``, ``monitored`` and ``ahead``, of a later log with its number (``monitored-2``); several processes may keep
heads at once; a larger one is never replaced by a smaller one.  The files are public, and whoever loses them asks again: they are no
part of what a registry must not forget.

What this module does not do: it asks nobody (`ledger.cosign`) and counts nothing.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.durable import locked, write_durably
from ledger.log.origin import number_of
from ledger.store.reading import StoredHead
from schemas.checkpoint import Checkpoint
from schemas.note import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from ledger.book import Cosigning

AHEAD: Final = "ahead"


@dataclass(frozen=True, slots=True)
class FileCosigned:
    """The newest cosigned heads in the files of a folder."""

    folder: Path

    def read(self, assurance: Cosigning, origin: str) -> StoredHead | None:
        """Return the newest head of a log of which so much can be said."""
        try:
            note = (self.folder / _name(assurance, origin)).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return _stored(note)

    def keep(self, note: str, assurance: Cosigning) -> None:
        """Keep a head, unless a larger one of its log is kept."""
        head = _stored(note)
        with locked(self.folder / f"{assurance}.lock"):
            known = self.read(assurance, head.origin)
            if known is None or known.size <= head.size:
                # A crash before or in here: what was cosigned is asked for again.
                write_durably(self.folder / _name(assurance, head.origin), note.encode())

    def ahead(self) -> Mapping[str, int]:
        """Return who has cosigned a head that isn't here, and of how many entries: while there are any, nothing is signed."""
        try:
            found: dict[str, int] = json.loads((self.folder / AHEAD).read_bytes())
        except FileNotFoundError:
            return {}
        return found

    def warn(self, name: str, size: int) -> None:
        """Keep that a cosigner has cosigned `size` entries which aren't here, or are others here."""
        with self._changing_ahead() as known:
            known[name] = size

    def forget(self, names: Collection[str]) -> None:
        """Forget what these said of heads that aren't here: they cosign again, or are asked no more."""
        if self.ahead().keys() & names:
            with self._changing_ahead() as known:
                for name in names:
                    known.pop(name, None)

    @contextmanager
    def _changing_ahead(self) -> Iterator[dict[str, int]]:
        with locked(self.folder / f"{AHEAD}.lock"):
            known = dict(self.ahead())
            yield known
            write_durably(self.folder / AHEAD, json.dumps(known).encode())


def _name(assurance: Cosigning, origin: str) -> str:
    number = number_of(origin)
    return assurance if number == 1 else f"{assurance}-{number}"


@lru_cache(maxsize=8)
def _stored(note: str) -> StoredHead:
    """Return a note's head; kept, since every report asks for the same two."""
    return StoredHead(Checkpoint.parse(Note.parse(note).text).size, note)
