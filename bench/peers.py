"""Beside others: the log alone, appended to and proven from, next to the logs of `pymerkle` and `ledgerchain`, all
on SQLite.

The same bytes are appended one a commit and 256 a commit, each durable before the call returns; then inclusion is
proven in the log that came of it and of many more.  Of the three only ours signs a head at each commit, keeps it apart
from its database, cuts tiles and refuses a mark that it has; `ledgerchain` chains its rows by hash and proves no
inclusion.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Protocol

import ledgerchain
from pymerkle import SqliteTree  # type: ignore[import-untyped]
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.table import Row, in_turn, printed, ratio
from ledger.log.merkle import prove_inclusion
from ledger.store.engine import reading
from ledger.store.logs import tile_hashes
from tests.support.registries.postings import posting
from tests.support.registries.registry import log_each, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS: Final = 7
ALONE: Final = 64
"""Appended one a commit, in each round."""
TOGETHER: Final = 256
PROVEN: Final = 21_000
"""Entries of the log in which inclusion is proven."""
PROOFS: Final = 50


class Log(Protocol):
    """A log that the benchmark can ask. An entry is the number of it; the bytes of a number are the same for all."""

    def append(self, numbers: Sequence[int]) -> None:
        """Append entries and return when they are durable."""

    def prove(self, index: int) -> None:
        """Prove the inclusion of an entry in the whole log."""


class Oreprint:
    """The log of a registry, by the path that every entry takes."""

    def __init__(self, folder: Path) -> None:
        self._book = open_registry(folder).opened
        self._size = 0  # of the last head

    def append(self, numbers: Sequence[int]) -> None:
        """Append withdrawals, each with a mark, so that the table of marks has its part."""
        requests = [(posting(number),) for number in numbers]
        self._size = log_each(self._book, *requests).head.size

    def prove(self, index: int) -> None:
        """Prove inclusion out of the stored tiles."""
        with reading(self._book.engine) as connection:
            prove_inclusion(tile_hashes(connection, self._size), index=index, size=self._size)


class Pymerkle:
    """`pymerkle.SqliteTree`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._tree = SqliteTree(str(folder / "tree.db"))

    def append(self, numbers: Sequence[int]) -> None:
        """Append by the one call where there is one entry, by the call for many where there are more, and tell the
        root.

        A commit of ours ends with a root that is signed; without its root a tree is a table.
        """
        entries = [_bytes(number) for number in numbers]
        if len(entries) == 1:
            self._tree.append_entry(entries[0])
        else:
            self._tree.append_entries(entries)
        self._tree.get_root()

    def prove(self, index: int) -> None:
        """Prove inclusion; leaves are counted from 1, and what it computed before it may have kept."""
        self._tree.prove_inclusion(index + 1)


class Ledgerchain:
    """`ledgerchain.LedgerWriter`, on SQLite by SQLAlchemy as it comes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._engine = create_engine(f"sqlite:///{folder / 'ledger.db'}")
        ledgerchain.create_all(self._engine)

    def append(self, numbers: Sequence[int]) -> None:
        """Append in a transaction of its own."""
        with Session(self._engine) as session:
            for number in numbers:
                ledgerchain.LedgerWriter.append(
                    session,
                    event_type="withdraw",
                    payload={"entry": _bytes(number).hex()},
                    actor={"kind": "registry"},
                    tenant_id="one",
                )
            session.commit()

    def prove(self, index: int) -> None:
        """There is no such proof."""
        raise NotImplementedError


def _bytes(number: int) -> bytes:
    """Return about what the entry of a number has in our log: a digest, a mark and its time."""
    made = posting(number)
    return b"".join((made.digest, *made.marks, bytes(16)))


def rows() -> list[Row]:
    """Measure them in turn."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        ours, tree, chain = (make(Path(folder) / make.__name__) for make in (Oreprint, Pymerkle, Ledgerchain))
        appended = [
            row
            for share, entries in ((1, ALONE), (TOGETHER, TOGETHER))
            for row in _appending([ours, tree, chain], share, entries)
        ]
        return [*appended, _proving(ours, tree)]


def _appending(logs: Sequence[Log], share: int, entries: int) -> list[Row]:
    ours, *others = logs
    numbers = count(share * 10**6)

    def appending(log: Log) -> Callable[[], None]:
        def act() -> None:
            for _ in range(entries // share):
                log.append([next(numbers) for _ in range(share)])

        return act

    taken, *theirs = in_turn(ROUNDS, *(appending(each) for each in (ours, *others)))
    return [
        Row(
            f"append to the log, {share} a commit",
            f"{entries / min(taken):,.0f}/s",
            f"{entries / min(other):,.0f}/s, {type(log).__name__.lower()}",
            f"{ratio(other, taken):.2f}x as quick",
            "",
            ">= 5x",
        )
        for log, other in zip(others, theirs, strict=True)
    ]


def _proving(ours: Log, tree: Log) -> Row:
    for log in (ours, tree):
        for first in range(10**9, 10**9 + PROVEN, 1000):
            log.append(range(first, first + 1000))
    steps = [n * PROVEN // PROOFS for n in range(PROOFS)]

    def proving(log: Log) -> None:
        for each in steps:
            log.prove(each)

    taken, theirs = in_turn(ROUNDS, partial(proving, ours), partial(proving, tree))
    return Row(
        f"prove inclusion among {PROVEN:,} entries",
        f"{PROOFS / min(taken):,.0f}/s",
        f"{PROOFS / min(theirs):,.0f}/s, pymerkle",
        f"{ratio(theirs, taken):.1f}x as quick",
        "",
        ">= 5x",
    )


if __name__ == "__main__":
    print(printed(rows()))
