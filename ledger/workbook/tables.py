"""Find the tables of a workbook: which sheet is which, and the place of each column.

Rules: a sheet is known by the hidden sheet's word for it, else by its name in any language, else by its row of keys,
because people rename sheets. A row of keys is looked for in the first ten rows, then a row of headings in any language.
An unknown column is a problem, never ignored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.workbook.cells import Cell, Sheet
from ledger.workbook.guard import cell_name, place_of
from ledger.workbook.values import folded, read_cell, time_of_day
from schemas.columns import HIDDEN, LANGUAGES, LISTS, NUMBERS, PROBLEMS, SHEET_NAMES, SHEETS, Column, Language, SheetKey
from schemas.lot import normal_lot
from schemas.problem import OreprintError, Problem, Sentence

_LOOKED_AT: Final = 10
"""Rows in which keys and headings are looked for."""
_MOST_VERSION_DIGITS: Final = 10
_FORMULAS_NAMED: Final = 100
"""Formulas of a sheet that are named one by one."""


class SheetRow(NamedTuple):
    """One row of a table: the values that could be read, and the cell of every column."""

    sheet: str
    number: int
    values: Mapping[str, str]
    cells: Mapping[str, str]
    written: Mapping[str, str] = {}
    """The state of the row by an earlier copy."""

    def cell(self, key: str) -> str:
        """Return the cell of a column; the first of the row where the column is missing."""
        return self.cells.get(key, f"{self.sheet}!A{self.number}")


class SheetTable(NamedTuple):
    """A sheet as a table: its rows, what is wrong with it as a whole, and what is wrong in cells of its rows.

    Where the head is wrong, no row means what it says.
    """

    sheet: str
    rows: list[SheetRow]
    whole: list[Problem]
    problems: list[Problem]
    notes: list[Problem]


def tables_of(sheets: Sequence[Sheet], extra: Mapping[SheetKey, Sequence[Column]]) -> dict[SheetKey, SheetTable]:
    """Return the tables of a workbook; `extra` are the columns that recipes add. Places are ``sheet!cell``."""
    found: dict[SheetKey, SheetTable] = {}
    keys = dict(_sheet_keys(sheets))
    for sheet in sheets:
        key = keys.get(sheet.name)
        if key is not None and key in found:
            twice = Problem.at("workbook.sheet-twice", f"{sheet.name}!A1", other=found[key].sheet)
            found[key].whole.append(twice)
        elif key is not None:
            found[key] = table_of(sheet, [*SHEETS[key], *extra.get(key, ())])
    return found


def unread_sheets(sheets: Sequence[Sheet]) -> Iterator[Problem]:
    """Yield the sheets with cells that no table of ours is in."""
    known = {HIDDEN, *PROBLEMS.values(), *LISTS.values(), *dict(_sheet_keys(sheets))}
    for sheet in sheets:
        if sheet.name not in known and sheet.cells:
            yield Problem.at("workbook.sheet-unread", f"{sheet.name}!A1", sheet=sheet.name)


class HiddenFacts(NamedTuple):
    """The hidden sheet: whether there is one, the form, the party, the language, and the recipes' versions."""

    there: bool
    form: str | None
    party: str | None
    language: Language
    versions: Mapping[str, int]
    sheets: Mapping[str, SheetKey]


def hidden_facts(sheets: Sequence[Sheet]) -> HiddenFacts:
    """Return what the hidden sheet of a workbook says; without one, the language is that of the sheets' names."""
    rows: dict[int, dict[int, str]] = {}
    there = False
    for sheet in sheets:
        there = there or sheet.name == HIDDEN
        for cell in sheet.cells if sheet.name == HIDDEN else ():
            rows.setdefault(cell.row, {})[cell.column] = cell.value
    said = {row[1]: row[2] for row in rows.values() if 1 in row and 2 in row}
    versions = {
        row[2]: int(row[3])
        for row in rows.values()
        if row.get(1) == "recipe" and 2 in row and row.get(3, "").isdecimal() and len(row[3]) < _MOST_VERSION_DIGITS
    }
    names = {said[key]: key for key in SHEETS if key in said}
    titles = {sheet.name for sheet in sheets}
    spoken = [each for each in LANGUAGES if each == said.get("language")]
    spoken += [each for each in LANGUAGES if SHEET_NAMES["runs"][each] in titles]
    return HiddenFacts(there, said.get("format"), said.get("party"), [*spoken, "en"][0], versions, names)


def _sheet_keys(sheets: Sequence[Sheet]) -> Iterator[tuple[str, SheetKey]]:
    names = {name: key for key, by_language in SHEET_NAMES.items() for name in (key, *by_language.values())}
    names |= hidden_facts(sheets).sheets
    ours = [each for each in sheets if each.name not in {HIDDEN, *PROBLEMS.values(), *LISTS.values()}]
    missing = [*SHEETS]
    for sheet in ours:
        if sheet.name in names:
            missing = [key for key in missing if key != names[sheet.name]]
            yield sheet.name, names[sheet.name]
    for sheet in ours if missing else ():
        key = _key_by_head(sheet, missing) if sheet.name not in names else None
        if key is not None:
            missing.remove(key)
            yield sheet.name, key


def _key_by_head(sheet: Sheet, possible: Sequence[SheetKey]) -> SheetKey | None:
    """Return which of some tables a sheet has all required keys of: the one with the most keys there, or None."""
    there = {cell.value for cell in sheet.cells if cell.row <= _LOOKED_AT}
    fitting = [key for key in possible if all(each.key in there for each in SHEETS[key] if each.required)]
    return max(fitting, key=lambda key: sum(each.key in there for each in SHEETS[key]), default=None)


def table_of(sheet: Sheet, columns: Sequence[Column]) -> SheetTable:
    """Return a sheet as a table of these columns."""
    by_row: dict[int, list[Cell]] = {}
    for cell in sheet.cells:
        by_row.setdefault(cell.row, []).append(cell)
    head, last, places = _head(by_row, columns)
    table = SheetTable(
        sheet.name,
        [],
        list(_merged(sheet, last)),
        list(_uncomputed(sheet)),
        [*sheet.notes, *_passed_over(sheet, last), *_beside(sheet, by_row, last, places)],
    )
    if not places:
        missing = ", ".join(each.key for each in columns if each.required)
        table.whole.append(Problem.at("workbook.no-head", f"{sheet.name}!A1", missing=missing))
        return table
    table.whole.extend(_head_faults(sheet, by_row, head, last, places, columns))
    uncomputed = {f"{sheet.name}!{each}" for each in sheet.facts.without_value}
    for number in sorted(by_row):
        if number > last:
            row = _row(sheet.name, number, by_row[number], places, table, uncomputed)
            if row.values:
                table.rows.append(row)
    return table


def _head(by_row: Mapping[int, Sequence[Cell]], columns: Sequence[Column]) -> tuple[int, int, dict[int, Column]]:
    """Return the row that names the columns, the last row of the head, and the column at each place."""
    by_key = {each.key: each for each in columns}
    by_heading = {folded(text): each for each in columns for text in each.heading.values()}
    by_heading |= {f"{text} *": each for text, each in by_heading.items() if each.required}
    best: tuple[int, dict[int, Column]] = (0, {})
    for names in (by_key, by_heading):
        for number in range(1, _LOOKED_AT + 1):
            there = {
                cell.column: names[name] for cell in by_row.get(number, ()) if (name := folded(cell.value)) in names
            }
            if len(there) > len(best[1]):
                best = (number, there)
        if best[1]:
            break
    head, places = best
    last = head
    for number in range(head + 1, head + 3):
        words = {folded(cell.value) for cell in by_row.get(number, ())}
        known = {folded(text) for each in places.values() for text in (*each.heading.values(), *each.help.values())}
        if len(words & known) > len(words) // 2:  # a value may look like a help text
            last = number
    return head, last, places


def _head_faults(
    sheet: Sheet,
    by_row: Mapping[int, Sequence[Cell]],
    head: int,
    last: int,
    places: Mapping[int, Column],
    columns: Sequence[Column],
) -> Iterator[Problem]:
    there = {each.key for each in places.values()}
    for column in columns:
        if column.required and column.key not in there:
            yield Problem.at("workbook.column-missing", f"{sheet.name}!A{head}", column=column.heading["en"])
    if len(there) < len(places):
        yield Problem.at("workbook.column-twice", f"{sheet.name}!A{head}")
    named = {cell.column: cell for number in range(last, head - 1, -1) for cell in by_row.get(number, ())}
    for unknown in sorted(_used(by_row, last) & named.keys() - places.keys()):
        cell = named[unknown]
        yield Problem.at("workbook.column-unknown", f"{sheet.name}!{cell.name}", column=cell.value)
    for cell in by_row.get(last, ()) if last > head else ():
        unit_of = places.get(cell.column)
        if unit_of is not None and unit_of.kind in NUMBERS:
            usual = {folded(text) for text in unit_of.help.values()}
            headings = {folded(text) for text in unit_of.heading.values()}
            if folded(cell.value).removesuffix(" *") in headings:
                yield Problem.at("workbook.no-units", f"{sheet.name}!{cell.name}")
                return
            if folded(cell.value) not in usual:
                wanted = unit_of.help["en"]
                yield Problem.at("workbook.unit-changed", f"{sheet.name}!{cell.name}", found=cell.value, unit=wanted)


def _used(by_row: Mapping[int, Sequence[Cell]], last: int) -> set[int]:
    """Return the columns with cells below the head."""
    return {cell.column for number, cells in by_row.items() if number > last for cell in cells}


def _beside(
    sheet: Sheet, by_row: Mapping[int, Sequence[Cell]], last: int, places: Mapping[int, Column]
) -> Iterator[Problem]:
    """Yield a note of cells in columns that no row of the head names, which are not read."""
    named = {cell.column for number, cells in by_row.items() if number <= last for cell in cells}
    beside = [cell for cell in sheet.cells if places and cell.row > last and cell.column not in named]
    if beside:
        yield Problem.at("workbook.cells-beside", f"{sheet.name}!{beside[0].name}", count=len(beside))


def _row(
    sheet: str,
    number: int,
    cells: Sequence[Cell],
    places: Mapping[int, Column],
    table: SheetTable,
    uncomputed: Collection[str],
) -> SheetRow:
    problems = table.problems
    values: dict[str, str] = {}
    written: dict[str, str] = {}
    names = {column.key: f"{sheet}!{cell_name(number, place)}" for place, column in places.items()}
    faulty = {key for key, cell in names.items() if cell in uncomputed}
    for cell in cells:
        column = places.get(cell.column)
        if column is None or not cell.value.strip():
            continue
        if column.kind == "written":
            written[column.key] = cell.value.strip()
            continue
        if column.kind == "date" and time_of_day(cell):
            table.notes.append(Problem.at("workbook.time-cut", names[column.key], value=cell.value))
        try:
            values[column.key] = read_cell(cell, column)
        except OreprintError as error:
            faulty.add(column.key)
            problems += (each._replace(place=names[column.key]) for each in error.problems)
    told = {"recipe", "start"} if "certificate" in written and "recipe" not in values else set[str]()
    known = {*values, *faulty, *told}  # of a certified run without a recipe its certificate says them
    if values or faulty:
        for column in places.values():
            if column.required and column.key not in known:
                problems.append(Problem.at("workbook.cell-empty", names[column.key], column=column.heading["en"]))
    return SheetRow(sheet, number, values, names, written)


def _uncomputed(sheet: Sheet) -> Iterator[Problem]:
    """Yield the formulas without a stored value, which a reader takes for empty cells."""
    for each in sheet.facts.without_value:
        yield Problem.at("workbook.cell-uncomputed", f"{sheet.name}!{each}")


def _merged(sheet: Sheet, last: int) -> Iterator[Problem]:
    """Yield merged cells below the head, of which only one row has the value."""
    for area in sheet.facts.merged:
        first = area.partition(":")[0]
        if first and place_of(area.rpartition(":")[2])[0] > last:
            yield Problem.at("workbook.cell-merged", f"{sheet.name}!{first}", area=area)


def _passed_over(sheet: Sheet, last: int) -> Iterator[Problem]:
    """Yield content that a person may not see but that counts."""
    facts = sheet.facts
    rows = [each for each in facts.hidden_rows if each > last]
    if rows:
        yield Problem.at("workbook.hidden-rows", f"{sheet.name}!A{rows[0]}", count=len(rows))
    if facts.hidden_columns:
        first = cell_name(1, facts.hidden_columns[0])
        yield Problem.at("workbook.hidden-columns", f"{sheet.name}!{first}", count=len(facts.hidden_columns))
    if facts.formulas:
        named = ", ".join(facts.formulas[:_FORMULAS_NAMED])
        more = len(facts.formulas) - _FORMULAS_NAMED
        told = Sentence(f"{named} and {more} more" if more > 0 else named)
        yield Problem.at(
            "workbook.formulas", f"{sheet.name}!{facts.formulas[0]}", count=len(facts.formulas), cells=told
        )


def run_name(row: SheetRow) -> str:
    """Return the name of a run: what its row says, else its lot."""
    return row.values.get("run") or row.values.get("lot", "")


def further_rows(tables: Mapping[SheetKey, SheetTable]) -> dict[str, dict[SheetKey, list[SheetRow]]]:
    """Return the rows of the other sheets by run and sheet."""
    found: defaultdict[str, dict[SheetKey, list[SheetRow]]] = defaultdict(dict)
    for key, table in tables.items():
        for row in table.rows if key != "runs" else ():
            found[row.values.get("run", "")].setdefault(key, []).append(row)
    return found


def orphans(tables: Mapping[SheetKey, SheetTable]) -> Iterator[Problem]:
    """Yield rows of other sheets that name a run which the sheet of runs does not have."""
    known = {*map(run_name, tables["runs"].rows)}
    for key, table in tables.items():
        for row in table.rows if key != "runs" else ():
            named = row.values.get("run")
            if named is not None and named not in known:
                yield Problem.at("workbook.run-unknown", row.cell("run"), run=named)


def twice(table: SheetTable) -> Iterator[Problem]:
    """Yield rows that repeat the name of a run; one whose name could not be read repeats none."""
    seen: dict[str, str] = {}
    for row in table.rows:
        if "recipe" not in row.values and "certificate" in row.written:
            continue  # a lot that was corrected has two certificates
        name = run_name(row)
        if name in seen:
            yield Problem.at("workbook.run-twice", row.cell("lot"), run=name, other=seen[name])
        elif name:
            seen[name] = row.cell("lot")


def lots_twice(tables: Mapping[SheetKey, SheetTable], plants: Mapping[str, str]) -> Iterator[Problem]:
    """Yield rows that name a lot which another run of the same plant makes; `plants` are those of the recipes."""
    at = {run_name(row): plants.get(row.values.get("recipe", ""), "") for row in tables["runs"].rows}
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for key in ("runs", "outputs"):
        for row in tables[key].rows if key in tables else ():
            lot = row.values.get("lot")
            if lot is None or (key == "runs" and "recipe" not in row.values and "certificate" in row.written):
                continue
            run = run_name(row) if key == "runs" else row.values.get("run", "")
            before, cell = seen.setdefault((at.get(run, ""), normal_lot(lot)), (run, row.cell("lot")))
            if before != run:
                yield Problem.at("workbook.lot-twice", row.cell("lot"), lot=lot, other=cell)
