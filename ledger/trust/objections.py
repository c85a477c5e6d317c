"""An objection: a watcher of a trust list warns of the version that follows, for readers who take it on their own word.

Rules:

1. It is a note that names the version by its digest, cosigned by a witness or monitor of the list before.
2. It counts if it was signed within 30 days after the version was made, by a key that the list before has in force.
3. Objections of a quorum, of a registry's witnesses or of its monitors, stop the version: no reader takes it on its own
   word any more, and one who did goes back.  Fewer are told.  That nobody objects never accepts a version.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from ledger.log.vkey import VerifierKey, open_note
from ledger.trust.pinned import list_digest
from ledger.trust.terms import watching
from schemas.instant import DAY_MS, MILLISECONDS, epoch_ms
from schemas.note import Note
from schemas.problem import CheckError
from schemas.trust import TrustList

TIME_TO_OBJECT_MS: Final = 30 * DAY_MS


def objection_text(listed: TrustList) -> str:
    """Return the text that a watcher signs to object to a version."""
    return f"oreprint objection/1\n{listed.number}\n{list_digest(listed)}\n"


def objectors(before: TrustList, listed: TrustList, notes: Iterable[str]) -> tuple[list[str], bool]:
    """Return who objected to a version that follows `before`, by name, and whether that stops it.

    Raises:
        InputError: `log.note-*`, where one is no note.
        CheckError: `list.no-objection`, where one is not about this version, is too late, or is of nobody who watches.
    """
    quorums = [
        (asked.least, {public: term.key for public, term in watching(asked).items() if term.until is None})
        for each in before.registries
        for asked in (each.witnesses, each.monitors)
    ]
    latest = epoch_ms(listed.issued) + TIME_TO_OBJECT_MS
    found: dict[str, bytes] = {}
    for text in notes:
        note = Note.parse(text)
        keys = [key for _, asked in quorums for key in asked.values()] if note.text == objection_text(listed) else []
        timely = {key.name: key.public for key in keys for at in _times(note, key) if at <= latest}
        if not timely:
            raise CheckError.at("list.no-objection", number=listed.number)
        found |= timely
    stopped = any(0 < least <= len(asked.keys() & {*found.values()}) for least, asked in quorums)
    return list(found), stopped


def _times(note: Note, key: VerifierKey) -> list[int]:
    """Return when a key signed a note, in ms since 1970 UTC; a wrong signature counts for nothing."""
    with suppress(CheckError):
        return [(each.time_s or 0) * MILLISECONDS for each in open_note(note, [key])]
    return []
