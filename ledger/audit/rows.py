"""Which tables have rows of an entry, and how they are read beside the log.

Rules: each table is read once, in the order of the log. Each entry takes the rows that name it or its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Column, Table

from ledger.audit.faults import Faults, place_of
from ledger.store import schema
from ledger.store.whole import Values

Rows: TypeAlias = dict[Table, list[Sequence[object]]]
"""Rows by their table."""

ENTRY_TABLES: Final[tuple[tuple[Table, Column[Any]], ...]] = (
    (schema.RECORDS, schema.RECORDS.c.entry),
    (schema.MARKS, schema.MARKS.c.entry),
    (schema.STATUS_BITS, schema.STATUS_BITS.c.entry),
    (schema.PUBLISHED, schema.PUBLISHED.c.record),
    (schema.BATCHES, schema.BATCHES.c.issuance),
    (schema.CERTIFICATES, schema.CERTIFICATES.c.issuance),
    (schema.ISSUED, schema.ISSUED.c.entry),
    (schema.ATTESTATIONS, schema.ATTESTATIONS.c.record),
    (schema.REQUESTS, schema.REQUESTS.c.issuance),
    (schema.INSTRUMENTS, schema.INSTRUMENTS.c.issuance),
    (schema.RUNS, schema.RUNS.c.issuance),
    (schema.LEANS, schema.LEANS.c.issuance),
    (schema.HOLDINGS, schema.HOLDINGS.c.creator),
)
"""Every table whose rows an entry brings, and the column that says which entry, or which record."""


FOLLOWED: Final = frozenset({schema.RECORDS, schema.CERTIFICATES})
"""Those that it takes to follow a record that is judged elsewhere."""


class Stream:
    """The rows of one table, taken entry by entry. A row that no entry takes is a fault."""

    def __init__(self, table: Table, rows: Iterator[tuple[int | None, Values]], faults: Faults) -> None:
        self._table, self._rows, self._faults = table, rows, faults
        self._next = next(rows, None)

    def take(self, index: int) -> list[Values]:
        """Return the rows of an entry. Call it for the entries in their order."""
        taken: list[Values] = []
        while self._next is not None and (self._next[0] is None or self._next[0] <= index):
            entry, row = self._next
            if entry == index:
                taken.append(row)
            else:
                self._faults.at("audit.stray", place_of(self._table, row))
            self._next = next(self._rows, None)
        return taken

    def end(self) -> None:
        """Report every row that is left."""
        while self._next is not None:
            self._faults.at("audit.stray", place_of(self._table, self._next[1]))
            self._next = next(self._rows, None)


class StatedHolding(NamedTuple):
    """A holding that a record creates, as the record says."""

    commitment: bytes
    mass_mg: int | None
    issuance: bytes
    output: int | None
    parent: bytes | None
    steps: int
    owner: str | None = None
