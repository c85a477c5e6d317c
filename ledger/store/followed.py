"""A monitor's memory of a registry: all marks and record digests, the bits with their changes, and its position.

Rules:

1. Each registry has one SQLite file, apart from any registry's database.  A mark takes about 60 bytes, so ten million
   stay well below a gigabyte on disk; the cache bounds the memory.
2. A step, a stretch of entries, is one transaction: marks, records, bits and the new position.
3. A closed log that was read to its end is finished.  Its data stays, and the position is then that in the next log.
   Entries are counted through all logs.

This module judges only whether something was there before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ledger.log.entry import PurposeCode, StatusBit
from ledger.log.merkle import HASH_BYTES, Frontier
from ledger.store.own_file import own_file

What = Literal["marks", "records", "lists"]
"""The kinds of values that appear in a log once: marks, the digests of records, and the numbers of trust lists."""

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS marks (digest BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS records (digest BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lists (digest BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS bits (list INTEGER, purpose INTEGER, position INTEGER,
        PRIMARY KEY (list, purpose, position)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS changes (list INTEGER, position INTEGER, entry INTEGER, purpose INTEGER,
        value INTEGER NOT NULL, time_ms INTEGER NOT NULL, PRIMARY KEY (list, position, entry, purpose)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS finished (first INTEGER PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, peaks BLOB NOT NULL,
        time_ms INTEGER NOT NULL, note TEXT NOT NULL, note_size INTEGER NOT NULL, note_peaks BLOB NOT NULL, seen_ms INTEGER NOT NULL);
"""
_INSERT: Final[dict[What, str]] = {
    "marks": "INSERT OR IGNORE INTO marks VALUES (?, ?)",
    "records": "INSERT OR IGNORE INTO records VALUES (?, ?)",
    "lists": "INSERT OR IGNORE INTO lists VALUES (?, ?)",
}
_FIND: Final[dict[What, str]] = {
    "marks": "SELECT entry FROM marks WHERE digest = ?",
    "records": "SELECT entry FROM records WHERE digest = ?",
    "lists": "SELECT entry FROM lists WHERE digest = ?",
}

Bits = dict[tuple[int, int], set[int]]
"""The positions that are set, by list and purpose."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """The position in a log: the right edge of its tree there, and the time of the last entry (ms).

    `note` is the last checkpoint that was read to its end, `noted` the edge of its tree, `seen_ms` the time when it was
    the newest.
    """

    frontier: Frontier = Frontier()  # noqa: RUF009 - frozen
    time_ms: int = 0
    note: str = ""
    noted: Frontier = Frontier()  # noqa: RUF009 - frozen
    seen_ms: int = 0


class FinishedLog(NamedTuple):
    """A closed log that was read to its end, with its last checkpoint.

    `first` is the position of its first entry among all logs, `size` its size.
    """

    first: int
    size: int
    note: str

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.note.partition("\n")[0]


class FollowedChange(NamedTuple):
    """A change of a status bit: its purpose and new value, and its entry, counted through all logs, with its time."""

    entry: int
    purpose: int
    value: int
    time_ms: int


class RepeatedDigest(NamedTuple):
    """A mark or a record's digest in two entries, counted through all logs."""

    what: What
    digest: bytes
    first: int
    second: int


class FollowStep:
    """The transaction of one stretch of entries."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, what: What, found: Sequence[tuple[bytes, int]]) -> RepeatedDigest | None:
        """Add digests, each with its entry; return the first that was there before, or None."""
        before = self._connection.total_changes
        self._connection.executemany(_INSERT[what], sorted(found))
        if self._connection.total_changes - before == len(found):
            return None
        for digest, entry in sorted(found, key=lambda each: each[1]):
            first = self._connection.execute(_FIND[what], (digest,)).fetchone()[0]
            if first != entry:
                return RepeatedDigest(what, digest, first, entry)
        raise LookupError(what)

    def bits(self) -> Bits:
        """Return all bits that are set."""
        found: Bits = {}
        for number, purpose, position in self._connection.execute("SELECT list, purpose, position FROM bits"):
            found.setdefault((number, purpose), set()).add(position)
        return found

    def keep_bits(self, before: Mapping[tuple[int, int], Iterable[int]], after: Bits) -> None:
        """Store the changes of the bits."""
        old = {(*name, position) for name, positions in before.items() for position in positions}
        new = {(*name, position) for name, positions in after.items() for position in positions}
        self._connection.executemany("DELETE FROM bits WHERE list = ? AND purpose = ? AND position = ?", old - new)
        self._connection.executemany("INSERT INTO bits VALUES (?, ?, ?)", new - old)

    def add_changes(self, found: Iterable[tuple[StatusBit, int, int]]) -> None:
        """Store changes of status bits, each with its entry, counted through all logs, and the entry's time."""
        rows = [
            (bit.list_number, bit.position, entry, bit.purpose, bit.value, time_ms) for bit, entry, time_ms in found
        ]
        self._connection.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)", rows)

    def finish(self, log: FinishedLog, place: LogPosition) -> None:
        """Store that a closed log was read to its end, at `place`; the next begins."""
        self._connection.execute("INSERT INTO finished VALUES (?, ?, ?)", log)
        self.arrive(LogPosition(time_ms=place.time_ms, seen_ms=place.seen_ms))

    def arrive(self, place: LogPosition) -> None:
        """Store the new position."""
        self._connection.execute(
            "INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
            (
                place.frontier.size,
                b"".join(place.frontier.peaks),
                place.time_ms,
                place.note,
                place.noted.size,
                b"".join(place.noted.peaks),
                place.seen_ms,
            ),
        )


@dataclass(frozen=True, slots=True)
class FollowedLog:
    """The file at `path`."""

    path: Path

    def place(self) -> LogPosition:
        """Return the position in the unfinished log; raise StateError `store.unreadable`."""
        with own_file(self.path, _TABLES) as connection:
            row = connection.execute("SELECT * FROM place").fetchone()
        if row is None:
            return LogPosition()
        _, size, peaks, time_ms, note, note_size, note_peaks, seen_ms = row
        return LogPosition(_edge(size, peaks), time_ms, note, _edge(note_size, note_peaks), seen_ms)

    def finished(self) -> list[FinishedLog]:
        """Return the closed logs that were read to their ends, in order; raise StateError `store.unreadable`."""
        with own_file(self.path, _TABLES) as connection:
            return [FinishedLog(*row) for row in connection.execute("SELECT * FROM finished ORDER BY first")]

    def entries_of(self, digests: Iterable[bytes]) -> dict[bytes, int]:
        """Return the positions of records in the logs, by the digests in their entries, as far as they were read."""
        with own_file(self.path, _TABLES) as connection:
            found = ((each, connection.execute(_FIND["records"], (each,)).fetchone()) for each in digests)
            return {each: row[0] for each, row in found if row is not None}

    def changes_at(self, list_number: int, position: int) -> list[FollowedChange]:
        """Return the changes of the bits at one place of the status lists, in the order of the log."""
        query = "SELECT entry, purpose, value, time_ms FROM changes WHERE list = ? AND position = ? ORDER BY entry"
        with own_file(self.path, _TABLES) as connection:
            return [FollowedChange(*row) for row in connection.execute(query, (list_number, position))]

    def lifts(self) -> list[tuple[int, int, int]]:
        """Return every lift of a suspension: list, place and entry, in the order of the log."""
        query = "SELECT list, position, entry FROM changes WHERE purpose = ? AND value = 0 ORDER BY entry"
        with own_file(self.path, _TABLES) as connection:
            return list(connection.execute(query, (PurposeCode.SUSPENSION,)))

    def bits(self) -> Bits:
        """Return all bits that are set."""
        with own_file(self.path, _TABLES) as connection:
            return FollowStep(connection).bits()

    @contextmanager
    def step(self) -> Iterator[FollowStep]:
        """Yield a step, which is committed only if it ends without an error."""
        with own_file(self.path, _TABLES) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield FollowStep(connection)
            # After a crash up to here, the stretch is read again.


def _edge(size: int, peaks: bytes) -> Frontier:
    return Frontier(size, tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)))
