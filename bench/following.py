"""Following: a monitor reads a log of 10^6 entries out of a folder, and remembers 10^7 marks.

The log is laid out as a registry publishes it; the monitor is a process of its own, so its memory is its own.  The
floor hashes the very same entries as leaves and puts the very same marks and digests into two tables of SQLite, in
steps as long. Of the marks alone are told how long the last of them take, what they take on disk, and the memory of the
process.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.table import Row, memory_mib, printed
from ledger.log.entry import Entry
from ledger.log.merkle import leaf_hash
from ledger.log.tile import ENTRIES, WIDTH, new_tiles, parse_bundle, tile_at
from ledger.store.followed import FollowedLog
from ledger.witnessing.monitor import BUNDLES_A_STEP
from tests.support.registries.public_log import PublicLog, monitor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOG: Final = 10**6
MARKS: Final = 10**7
STEP: Final = BUNDLES_A_STEP * WIDTH
LAST: Final = 10**6
"""The marks at the end whose time is told: the tree is then as large as it gets."""
MIB: Final = 1024**2


class Took(NamedTuple):
    """The cost of a process of its own: seconds, memory at most, and what it left on disk (MiB)."""

    seconds: float
    memory_mib: int
    disk_mib: int


class Files:
    """A log's public files in a folder; the time is that of its last entry."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.size = LOG
        self.time_ms = int((folder / "time").read_text())

    def read(self, path: str) -> bytes:
        """Return a public file."""
        return (self._folder / path).read_bytes()

    def steps(self) -> Iterator[list[bytes]]:
        """Yield the entries in steps as long as a monitor's."""
        bundles = -(-LOG // WIDTH)
        for start in range(0, bundles, BUNDLES_A_STEP):
            tiles = [tile_at(ENTRIES, index, LOG) for index in range(start, min(start + BUNDLES_A_STEP, bundles))]
            yield [raw for tile in tiles for raw in parse_bundle(self.read(tile.to_path()), tile)]


def rows() -> list[Row]:
    """Measure both."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        home = Path(folder)
        _publish(home / "log")
        floor, followed = (_apart(act, home / "log", home / act.__name__) for act in (floored, follow))
        marked = _apart(remember, home / "log", home / "marks")
    return [
        Row(
            f"a monitor follows a log of {LOG:,} entries",
            f"{followed.seconds:.0f} s, {followed.memory_mib} MiB",
            f"{floor.seconds:.0f} s, hashed and put into SQLite",
            f"{followed.seconds / floor.seconds:.1f}x",
            "minutes",
            "",
        ),
        Row(
            f"a monitor remembers {MARKS:,} marks",
            f"{marked.disk_mib} MiB on disk, {marked.memory_mib} MiB in memory",
            f"{LAST / marked.seconds:,.0f} of the last a second",
            "",
            "< 1 GB",
            "",
        ),
    ]


def _publish(folder: Path) -> None:
    """Write a log as a registry publishes it."""
    log = PublicLog()
    log.records(LOG)
    for tile in new_tiles(0, log.size):
        _write(folder / tile.to_path(), log.read(tile.to_path()))
    _write(folder / "checkpoint", log.note().encode())
    _write(folder / "time", str(log.time_ms).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _apart(act: Callable[[Path, Path], Took], log: Path, home: Path) -> Took:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(act, log, home).result()


def follow(log: Path, home: Path) -> Took:
    """Follow a log with a monitor, which must cosign it."""
    monitor = monitor_of(Files(log), home)  # type: ignore[arg-type] # of a log it asks no more than that
    took = _told(monitor.follow, home)
    if monitor.evidence() or monitor.followed.place().frontier.size != LOG:
        raise ValueError(home)
    return took


def floored(log: Path, home: Path) -> Took:
    """Hash the same entries as leaves, and put the unique values of a log into two tables."""
    home.mkdir()
    return _told(partial(_floor, Files(log), home / "floor.db"), home)


def _floor(files: Files, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for what in ("marks", "records"):
            connection.execute(f"CREATE TABLE {what} (digest BLOB PRIMARY KEY, entry INTEGER) WITHOUT ROWID")
        for raws in files.steps():
            for raw in raws:
                leaf_hash(raw)
            entries = [Entry.parse(raw) for raw in raws]
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO marks VALUES (?, 0)", sorted(entry.marks for entry in entries))
            connection.executemany("INSERT INTO records VALUES (?, 0)", sorted((entry.digest,) for entry in entries))
            connection.execute("COMMIT")


def remember(_: Path, home: Path) -> Took:
    """Remember marks in steps as long as those of a log; the seconds are those of the last."""
    followed = FollowedLog(home / "followed.db")
    _remember(followed, 0, MARKS - LAST)
    return _told(partial(_remember, followed, MARKS - LAST, MARKS), home)


def _remember(followed: FollowedLog, first: int, end: int) -> None:
    for start in range(first, end, STEP):
        numbers = range(start, min(start + STEP, end))
        with followed.step() as step:
            step.add("marks", [(hashlib.sha256(b"mark %d" % number).digest(), number) for number in numbers])


def _told(act: Callable[[], object], home: Path) -> Took:
    begun = time.perf_counter()
    act()
    took = time.perf_counter() - begun
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return Took(took, memory_mib(), disk // MIB)


if __name__ == "__main__":
    print(printed(rows()))
