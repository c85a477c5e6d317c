"""The newest heads that witnesses and monitors have cosigned, in files beside the head: ``witnessed`` and ``monitored``.

Rules: several processes may keep heads at once; a larger one is never replaced by a smaller one.  The files are public, and whoever
loses them asks again: they are no part of what a registry must not forget.

What this module does not do: it asks nobody (`ledger.cosign`) and counts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.durable import locked, write_durably
from ledger.log.head import open_head
from ledger.store.reading import StoredHead
from schemas.checkpoint import Checkpoint
from schemas.note import Note

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.book import Cosigning
    from ledger.log.vkey import VerifierKey


@dataclass(frozen=True, slots=True)
class FileCosigned:
    """The newest cosigned heads in the files of a folder; `log` is the key that signs them."""

    folder: Path
    log: VerifierKey

    def read(self, assurance: Cosigning) -> StoredHead | None:
        """Return the newest head of which so much can be said."""
        try:
            note = (self.folder / assurance).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return StoredHead(Checkpoint.parse(Note.parse(note).text).size, note)

    def keep(self, note: str, assurance: Cosigning) -> None:
        """Keep a head, unless a larger one is kept."""
        size = open_head(note, self.log).size
        with locked(self.folder / f"{assurance}.lock"):
            known = self.read(assurance)
            if known is None or known.size <= size:
                # A crash before or in here: what was cosigned is asked for again.
                write_durably(self.folder / assurance, note.encode())
