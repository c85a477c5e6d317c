"""Many changes of one home in one audit: a change that the audit names among others needs no audit of its own.

An audit names a change when it says of exactly the values that were changed what they are and what they must be; or
that a row is missing, or there is one too many, and nothing else touched that row. What it doesn't name so is audited
alone.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Boolean

from ledger.audit.everything import audit
from ledger.audit.faults import MOST_FAULTS, place_of, value_text
from schemas.problem import Problem
from tests.support.registries.history import TABLES, copied, tampered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Column, Table

    from ledger.audit.everything import Audit
    from ledger.registry.folder import Home
    from tests.support.registries.history import Change, Statement

JUDGED_BY: Final = {"entries", "heads", "tiles", "closed_logs", "records", "disclosures", "certificates"}
"""Tables that the rows of others are judged by: a change of one hides others."""
MOST: Final = 100 * MOST_FAULTS
WORTH: Final = 3
"""Changes that are worth an audit together: an audit of one alone stops at its first fault, and so costs half."""


class Tampering(NamedTuple):
    """A change of a table: the rows that it touches, the cells if no row gets another key, and the faults that name it.

    `values` are codes, places and sentences that say all, `rows_told` codes and places that do while nothing else
    touches these rows. What is `on_word` nothing stored can show.
    """

    told: str
    table: str
    statements: tuple[Statement, ...]
    rows: frozenset[str]
    cells: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str, str]] = frozenset()
    rows_told: frozenset[tuple[str, str]] = frozenset()
    on_word: bool = False

    def named(self, found: Audit, *, apart: bool) -> bool:
        """Return whether an audit names this change; `apart` tells that nothing else touched its rows."""
        if self.values and self.values <= {tuple(fault) for fault in found.faults}:
            return True
        return apart and self.rows_told <= {(fault.code, fault.place) for fault in found.faults}


def values_changed(table: Table, column: Column[Any], change: Change, *, on_word: bool) -> Tampering:
    """Return the change of a column."""
    rows = [place(table, cell.row) for cell, _ in change.cells]
    values = [(f"{row}.{column.name}", cell.value, now) for row, (cell, now) in zip(rows, change.cells, strict=True)]
    return Tampering(
        f"{table.name}.{column.name} {change.name} {change.statements}",
        table.name,
        change.statements,
        frozenset(rows),
        frozenset() if column.primary_key else frozenset(cell for cell, _, _ in values),
        frozenset(("audit.value", cell, _sentence(column, held, now)) for cell, held, now in values),
        frozenset(("audit.missing", row) for row in rows),
        on_word,
    )


def row_taken(table: Table, row: dict[str, Any], *, on_word: bool) -> Tampering:
    """Return that a row is taken out."""
    keys = {key.name: row[key.name] for key in table.primary_key.columns}
    where = " AND ".join(f'"{key}" = ?' for key in keys)
    asked = (f'DELETE FROM "{table.name}" WHERE {where}', tuple(keys.values()))  # noqa: S608 - names of ours
    of = place(table, row)
    told = frozenset({("audit.missing", of)})
    return Tampering(f"without {of}", table.name, (asked,), frozenset({of}), rows_told=told, on_word=on_word)


def row_put(table: Table, row: dict[str, Any]) -> Tampering:
    """Return that a row is put in."""
    names, marks = ", ".join(f'"{each}"' for each in row), ", ".join("?" * len(row))
    asked = (f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', tuple(row.values()))  # noqa: S608 - names of ours
    of = place(table, row)
    told = frozenset({("audit.stray", of)})
    return Tampering(f"with {of}", table.name, (asked,), frozenset({of}), rows_told=told)


def place(table: Table, row: dict[str, Any]) -> str:
    """Return the name of a row."""
    return place_of(table, [row[column.name] for column in table.columns])


def _sentence(column: Column[Any], held: object, now: object) -> str:
    stored, derived = (
        value_text(bool(value) if isinstance(column.type, Boolean) and value is not None else value)
        for value in (now, held)
    )
    return Problem.at("audit.value", "", stored=stored, derived=derived).words()


def judged_wrongly(history: Home, folder: Path, changes: Sequence[Tampering]) -> tuple[list[str], list[str]]:
    """Return the changes that an audit misses, or finds though nothing stored can show them, and the changes that the
    database itself refuses.
    """
    wrong, refused = [], []
    left = [change for change in changes if change.table not in JUDGED_BY]
    alone = [change for change in changes if change.table in JUDGED_BY]
    for apart in (False, True):
        left, now = [], left
        for number, batch in enumerate(_batches(now, apart=apart)):
            few = len(batch) < WORTH
            left += batch if few else _unnamed(history, folder / f"{apart}-{number}", batch, apart=apart)
    for number, change in enumerate(alone + left):
        home = copied(history, folder / str(number))
        if not tampered(home, *change.statements):
            refused.append(change.told)
        elif is_clean(home) != change.on_word:
            wrong.append(change.told)
        shutil.rmtree(home.path)
    return wrong, refused


def is_clean(home: Home) -> bool:
    """Tell whether an audit finds nothing; it stops at the first fault."""
    return audit(home, tables=TABLES, progress=lambda _done, _all: None, most=1).faults == ()


def _batches(changes: Sequence[Tampering], *, apart: bool) -> Iterator[list[Tampering]]:
    """Divide changes into batches. In a batch no two touch the same cell, or the same row if they are to be `apart`.
    Changes that nothing stored can show have batches of their own.
    """
    for on_word in (False, True):
        left = [change for change in changes if change.on_word == on_word]
        while left:
            batch: list[Tampering] = []
            touched: set[str] = set()
            whole: set[str] = set()
            for change in left:
                rows_apart = apart or not change.cells
                if change.rows & (touched if rows_apart else whole) or change.cells & touched:
                    continue
                batch.append(change)
                touched |= change.rows | change.cells
                whole |= change.rows if rows_apart else set()
            left = [change for change in left if change not in batch]
            yield batch


def _unnamed(history: Home, folder: Path, batch: Sequence[Tampering], *, apart: bool) -> list[Tampering]:
    """Make changes in one copy of a home; return those that its audit doesn't name. Where nothing stored can show them,
    return all if the audit finds something.
    """
    home = copied(history, folder)
    refused = [change for change in batch if not tampered(home, *change.statements)]
    done = [change for change in batch if change not in refused]
    found = audit(home, tables=TABLES, progress=lambda _done, _all: None, most=MOST)
    shutil.rmtree(home.path)
    if all(change.on_word for change in done):
        return refused if not found.faults else [*batch]
    return [*refused, *(change for change in done if not change.named(found, apart=apart))]
