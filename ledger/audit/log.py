"""The log, computed again: every entry is read, and every tile and every head's root are made from the entries.

Rules:

1. Entries have the positions 0, 1, 2 and so on, and each parses.
2. A head ends each commit, the first one at size 0. All entries of a commit have one time. A head's root is that of the
   entries up to it, so each head is the beginning of every later one.
3. The stored tiles are exactly those of the whole tree.
4. A closed log ends where the trust list says, and the next one begins there. No other log is closed.
5. The last signed head, kept apart from the database, is the last one in it, or the one before the last commit. A crash
   between the two leaves it so, and the next commit mends it.

The log is audited before any record, so that a fault in it is named as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.audit.faults import Faults, place_of
from ledger.log.entry import Entry
from ledger.log.head import open_head
from ledger.log.merkle import HASH_BYTES, Frontier, Node, leaf_hash
from ledger.log.tile import HEIGHT, WIDTH
from ledger.log.vkey import VerifierKey
from ledger.store import schema
from ledger.store.whole import rows_of, tile_at
from schemas.problem import OreprintError


class LoggedEntry(NamedTuple):
    """An entry: its position, its bytes, and the parsed entry if it can be read."""

    position: int
    raw: bytes
    entry: Entry | None


def entries(connection: Connection) -> Iterator[LoggedEntry]:
    """Yield every entry of the log."""
    for index, (_, raw) in enumerate(rows_of(connection, schema.ENTRIES)):
        yield LoggedEntry(index, raw, _parsed(raw))


class Closed(NamedTuple):
    """A log that the trust list says is closed: the key that signed it, and its size."""

    key: VerifierKey
    size: int


def check_log(
    connection: Connection, key: VerifierKey, faults: Faults, *, signed: str | None, closed: Sequence[Closed] = ()
) -> None:
    """Audit the log signed by `key`, and those `closed` before it; `signed` is the last head kept apart."""
    stored = enumerate(rows_of(connection, schema.ENTRIES))
    logs = iter(closed)
    log, first = next(logs, None), 0
    frontier, tiles = Frontier(), _Tiles(connection, faults)
    notes: list[str] = []
    for number, (end, note) in enumerate(rows_of(connection, schema.HEADS)):
        place = place_of(schema.HEADS, (end, note))
        if number == 0:
            faults.require("audit.first-head", place, holds=end == 0)
        commit = [_entry(index, row, faults) for index, row in islice(stored, max(0, end - first - frontier.size))]
        _one_time(commit, place, faults)
        growth = frontier.append(leaf_hash(each.raw) for each in commit)
        frontier = growth.frontier
        tiles.take(growth.hashes)
        _head(frontier, first, (end, note), key if log is None else log.key, place, faults)
        opening = (
            first > 0 and frontier.size == end - first == 1
        )  # it came in one commit with the last head of the log before
        notes = [*notes[-2 if opening else -1 :], note]
        if log is not None and end - first >= log.size:
            log, first, frontier = next(logs, None), end, Frontier()
            tiles.turn(end)
    for _, row in stored:
        faults.at("audit.no-head", place_of(schema.ENTRIES, row))
    tiles.end()
    faults.require("audit.head-file", "head", holds=signed in notes)
    ends = accumulate(each.size for each in closed)
    due = [(end, each.key.to_text()) for end, each in zip(ends, closed, strict=True)]
    faults.compare(schema.CLOSED_LOGS, due, list(rows_of(connection, schema.CLOSED_LOGS)))


def _entry(index: int, row: tuple[int, bytes], faults: Faults) -> LoggedEntry:
    position, raw = row
    place = place_of(schema.ENTRIES, row)
    faults.require("audit.gap", place, holds=position == index, due=index)
    try:
        return LoggedEntry(index, raw, Entry.parse(raw))
    except OreprintError as error:
        faults.error(place, error)
        return LoggedEntry(index, raw, None)


def _parsed(raw: bytes) -> Entry | None:
    """Return an entry; None if it can't be read, which `check_log` reports."""
    try:
        return Entry.parse(raw)
    except OreprintError:
        return None


def _one_time(commit: list[LoggedEntry], place: str, faults: Faults) -> None:
    """Check that all entries of one head have one time: else a head was removed."""
    times = {each.entry.time_ms for each in commit if each.entry is not None}
    faults.require("audit.commit-time", place, holds=len(times) <= 1)


def _head(frontier: Frontier, first: int, row: tuple[int, str], key: VerifierKey, place: str, faults: Faults) -> None:
    """Check that a head is signed, has the size of its row, and has the root of the entries up to it."""
    end, note = row
    try:
        head = open_head(note, key)
    except OreprintError as error:
        faults.error(f"{place}.note", error)
        return
    faults.require(
        "audit.value", f"{place}.size", holds=first + head.size == end, stored=end, derived=first + head.size
    )
    same = (frontier.size, frontier.root()) == (head.size, head.root)
    faults.require("audit.root", place, holds=same, size=head.size)


class _Tiles:
    """The tiles made from the entries, each compared with the stored one when full; `_first` begins the log."""

    def __init__(self, connection: Connection, faults: Faults) -> None:
        self._connection, self._faults = connection, faults
        self._rows: dict[int, bytearray] = {}
        self._first = 0
        self._full: dict[int, int] = {}
        self._made: set[tuple[int, int]] = set()

    def take(self, hashes: Mapping[Node, bytes]) -> None:
        """Take in newly complete nodes in the order in which they became complete."""
        for (height, _), made in hashes.items():
            level, between = divmod(height, HEIGHT)
            if not between:
                row = self._rows.setdefault(level, bytearray())
                row += made
                if len(row) == WIDTH * HASH_BYTES:
                    self._compare(level)

    def turn(self, first: int) -> None:
        """Compare the last tile of each level, and go on with the log that begins at `first`."""
        for level, row in self._rows.items():
            if row:
                self._compare(level)
        self._made.update((level, self._first + index) for level, count in self._full.items() for index in range(count))
        self._rows, self._full, self._first = {}, {}, first

    def end(self) -> None:
        """Compare the last tile of each level, and report every other stored tile."""
        self.turn(0)
        for level, position, hashes in rows_of(self._connection, schema.TILES):
            if (level, position) not in self._made:
                self._faults.at("audit.stray", place_of(schema.TILES, (level, position, hashes)))

    def _compare(self, level: int) -> None:
        index = self._full.get(level, 0)
        self._full[level] = index + 1
        position = self._first + index
        due = bytes(self._rows[level])
        self._rows[level].clear()
        place = place_of(schema.TILES, (level, position, due))
        there = tile_at(self._connection, level, position)
        self._faults.require("audit.tile", f"{place}.hashes", holds=there == due)
