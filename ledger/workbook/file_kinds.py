"""Read a file of any kind that is taken as a workbook: .xlsx, .csv, or a zip archive of .csv files, one a sheet.

Rules: a comma-separated file has the keys or the headings of a workbook. UTF-8 is tried first, then GB18030; fields are
divided by commas, semicolons or tabs. Whatever is not UTF-8 with commas is told. One apostrophe before a text is taken
away, because it was put there to keep spreadsheets from reading the text as a formula (`guarded_text`).
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple

from ledger.workbook.cells import Cell, Sheet, read_cells
from ledger.workbook.guard import (
    CONTENT_TYPES,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_PARTS,
    MOST_ROWS,
    OLE,
    Budget,
    SheetFacts,
    cell_name,
    inflated,
)
from schemas.columns import SHEET_NAMES
from schemas.problem import InputError, Problem

CSV: Final = ".csv"
SUFFIXES: Final = frozenset({".xlsx", CSV, ".zip"})
"""Names of files that are read as workbooks."""
_ZIP: Final = b"PK\x03\x04"
_FORMULA: Final = frozenset("=+-@\t\r'＝＋－＠")
"""First characters that make a text a formula somewhere, in full width too, and the mark itself."""
BOM: Final = "\ufeff"
"""Spreadsheets read UTF-8 only behind it."""
MARKS: Final = {";": "semicolons", "\t": "tabs"}
"""Marks between fields besides commas, as a note names them."""
_UTF8_FLAG: Final = 0x800

Encoding = Literal["utf-8", "gb18030"]


def guarded_text(text: str) -> str:
    """Return a text that no spreadsheet reads as a formula (OWASP, CSV injection); not for numbers."""
    return f"'{text}" if text[:1] in _FORMULA else text


class _Table(NamedTuple):
    """A comma-separated file as it is read, row by row: its rows, its encoding and its mark between fields."""

    rows: Iterator[list[str]]
    encoding: Encoding
    mark: str


def read_file(content: bytes, name: str = "") -> list[Sheet]:
    """Return the sheets of a file; its name says whether it is comma-separated text.

    Raises:
        InputError: ``workbook.*`` for a file that is none, unsafe, or too large.
    """
    if len(content) > MOST_BYTES:
        raise InputError.at("workbook.too-large", limit=f"{MOST_BYTES // 2**20} MB")
    sheets = read_csv(content, name)
    return read_cells(content) if sheets is None else sheets


def read_csv(content: bytes, name: str) -> list[Sheet] | None:
    """Return the sheets of comma-separated files, one alone or in an archive; None for a file of another kind.

    Raises:
        InputError: ``workbook.*`` for a file that is unsafe or too large.
    """
    if content.startswith(_ZIP):
        tables = _unpacked(content)
        return None if tables is None else _sheets(tables)
    if PurePosixPath(name.lower()).suffix == CSV and not content.startswith(OLE):
        return _sheets([(PurePosixPath(name).stem, content)])
    return None


def _unpacked(content: bytes) -> list[tuple[str, bytes]] | None:
    """Return the comma-separated files of an archive with their names, or None for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [each for each in archive.infolist() if each.filename.lower().endswith(CSV)]
            if not parts or CONTENT_TYPES in archive.namelist():
                return None
            if len(parts) > MOST_PARTS:
                raise InputError.at("workbook.too-many-parts", found=len(parts), limit=MOST_PARTS)
            budget = Budget(MOST_BYTES)  # as many bytes as one file of text may have
            return [(PurePosixPath(_named(each)).stem, b"".join(inflated(archive, each, budget))) for each in parts]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError) as error:
        raise InputError.at("workbook.unreadable", reason=str(error) or type(error).__name__) from error


def _named(part: zipfile.ZipInfo) -> str:
    """Return the name of a part; programs for Windows in Chinese write GB18030 where none is said."""
    if part.flag_bits & _UTF8_FLAG:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return part.filename


def _sheets(tables: Sequence[tuple[str, bytes]]) -> list[Sheet]:
    # in a fixed order: the process that writes the annotated copy must find the very same names
    known = [name for key, names in SHEET_NAMES.items() for name in (*names.values(), key)]
    budget, sheets = Budget(), list[Sheet]()
    for name, content in tables:
        title = next((each for each in known if each.casefold() == name.casefold()), name)
        if len(tables) == 1 and title not in known:
            title = SHEET_NAMES["runs"]["en"]  # one file alone lists runs, whatever it is called
        sheets.append(_sheet(title, _table(content, title), budget))
    return sheets


def _sheet(title: str, table: _Table, budget: Budget) -> Sheet:
    cells: list[Cell] = []
    row = 0
    for row, fields in enumerate(table.rows, 1):
        if row > MOST_ROWS:
            raise InputError.at("workbook.too-many-rows", title, limit=MOST_ROWS)
        for column, text in enumerate(fields, 1):
            if text:
                budget.take_cell()
                if column > MOST_COLUMNS:
                    raise InputError.at("workbook.too-many-columns", f"{title}!{cell_name(row, 1)}", limit=MOST_COLUMNS)
                cells.append(Cell(row, column, "text", text.removeprefix("'"), "@"))
    notes: list[Problem] = []
    if table.encoding != "utf-8":
        notes.append(Problem.at("workbook.csv-encoding", f"{title}!A1", encoding="GB18030"))
    if table.mark in MARKS:
        notes.append(Problem.at("workbook.csv-mark", f"{title}!A1", mark=MARKS[table.mark]))
    return Sheet(title, SheetFacts(title, rows=row, cells=len(cells)), cells, notes)


def _table(content: bytes, title: str) -> _Table:
    text, encoding = _decoded(content, title)
    mark = _mark(text)
    return _Table(_rows(text, mark, title), encoding, mark)


def _rows(text: str, mark: str, title: str) -> Iterator[list[str]]:
    """Yield the rows of a text, so that one with too many is refused before all of them are held."""
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    except csv.Error as error:
        raise InputError.at("workbook.csv-unreadable", title, reason=str(error)) from error


def _decoded(content: bytes, title: str) -> tuple[str, Encoding]:
    encodings: tuple[Encoding, ...] = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix(BOM), encoding
        except UnicodeDecodeError:
            continue
    raise InputError.at("workbook.csv-encoding-unknown", title)


def _mark(text: str) -> str:
    """Return what divides the fields of the first line that has any: a comma, a semicolon or a tab."""
    for line in islice(io.StringIO(text), 10):
        plain = "".join(line.split('"')[::2])  # what stands in quotes divides nothing
        counts = {mark: plain.count(mark) for mark in (",", *MARKS)}
        best = max(counts, key=lambda mark: counts[mark])
        if counts[best]:
            return best
    return ","
