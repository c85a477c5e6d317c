"""Write the annotated copy of a workbook: each problem as a comment in its very cell, and all of them in a sheet.

Rules: the copy is made in a process of its own, one at a time, because openpyxl loads the whole file. It can be
corrected and uploaded again. Pictures are lost. A workbook of very many cells is not copied: only the sheet of problems
comes back, in a new file.
"""

from __future__ import annotations

import io
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink

from ledger.workbook.cells import Sheet, answer_apart
from ledger.workbook.file_kinds import read_csv
from ledger.workbook.guard import cell_name, guarded, place_of
from ledger.workbook.writing import put_text, saved
from schemas.columns import PROBLEMS, Language
from schemas.problem import Problem

if TYPE_CHECKING:
    from ledger.workbook.runs import ReadWorkbook  # what it needs takes longer to load than the writer itself

MOST_ANNOTATED: Final = 100_000
"""Cells of a workbook that is copied."""
SECONDS: Final = 60
MEMORY_BYTES: Final = 2**30
FILE_BYTES: Final = 256 * 2**20
"""openpyxl writes each sheet into a temporary file."""
_FAULTY: Final = PatternFill("solid", fgColor="F8CBAD")
_ODD: Final = PatternFill("solid", fgColor="FFF2CC")
_HEADS: Final[Mapping[Language, Sequence[str]]] = {
    "en": ("Sheet", "Cell", "Run", "Lot", "Severity", "Code", "What is wrong, and what to do"),
    "zh-Hans": ("工作表", "单元格", "生产批次", "批号", "级别", "代码", "问题与处理办法"),
}
_SEVERITY: Final[Mapping[str, Mapping[Language, str]]] = {
    "problem": {"en": "problem", "zh-Hans": "问题"},
    "warning": {"en": "warning", "zh-Hans": "提醒"},
}
_WIDTHS: Final = (14, 8, 20, 16, 10, 28, 90)
_NOT_IN_TITLES: Final = re.compile(r"[\\*?:/\[\]]")
"""Marks that a file may have in its name, but a sheet may not."""
_ONE_AT_A_TIME: Final = threading.Lock()


class CellNote(NamedTuple):
    """A problem or a warning at its cell, ``sheet!cell``, with the run and lot of its row."""

    place: str
    run: str
    lot: str
    severity: str
    code: str
    sentence: str


Say = Callable[[Problem], str]
"""Tells a problem, without its place, in the language of the workbook."""


def notes_of(read: ReadWorkbook, say: Say = Problem.words) -> list[CellNote]:
    """Return what is wrong with a workbook or odd about it."""
    runs = [(each, "problem", each.problems) for each in read.runs] + [
        (each, "warning", each.warnings) for each in read.runs
    ]
    told = [note(problem, severity, run.run, say=say) for run, severity, some in runs for problem in some]
    return [
        *(note(each, "problem", say=say) for each in read.problems),
        *sorted(told, key=lambda each: each.severity),
        *(note(each, "warning", say=say) for each in read.notes),
    ]


def note(problem: Problem, severity: str, run: str = "", lot: str = "", *, say: Say = Problem.words) -> CellNote:
    """Return what is told at a cell."""
    return CellNote(problem.place, run, lot, severity, problem.code, say(problem))


def annotated_apart(
    content: bytes,
    name: str,
    notes: Sequence[CellNote],
    language: Language,
    *,
    written: Mapping[str, str] | None = None,
    gone: Sequence[tuple[str, int]] = (),
) -> bytes:
    """Return the annotated copy of a file, made in a process of its own.

    `written` are further texts by cell. `gone` are rows, by sheet and number, that are left out of the copy.

    Raises:
        InputError: `workbook.too-slow`, `workbook.unreadable`.
    """
    texts = read_csv(content, name)
    cells = sum(each.cells for each in (guarded(content) if texts is None else [sheet.facts for sheet in texts]))
    asked = {
        "name": name,
        "notes": [[*each] for each in notes],
        "language": language,
        "written": written or {},
        "gone": gone,
    }
    head = orjson.dumps(asked)
    raw = b"%d\n%b%b" % (len(head), head, b"" if cells > MOST_ANNOTATED else content)
    with _ONE_AT_A_TIME:
        return answer_apart("ledger.workbook.annotate_child", raw, seconds=SECONDS)


def annotated_by(raw: bytes) -> bytes:
    """Return the copy that `annotated_apart` asks for."""
    size, _, rest = raw.partition(b"\n")
    asked, content = orjson.loads(rest[: int(size)]), rest[int(size) :]
    notes = [CellNote(*each) for each in asked["notes"]]
    if not content:
        return annotated(None, notes, asked["language"])
    gone = [(sheet, row) for sheet, row in asked["gone"]]
    # where rows are left out, formulas would point to wrong cells, so their values stay
    texts = read_csv(content, asked["name"])
    book = load_workbook(io.BytesIO(content), data_only=bool(gone)) if texts is None else _book_of(texts)
    moved = _without(book, gone)
    written = {moved(place): text for place, text in asked["written"].items()}
    return annotated(book, [each._replace(place=moved(each.place)) for each in notes], asked["language"], written)


def _without(book: Workbook, gone: Sequence[tuple[str, int]]) -> Callable[[str], str]:
    """Leave rows out of a workbook; return what tells the new place of a cell."""
    rows: dict[str, list[int]] = {}
    for name, row in gone:
        rows.setdefault(name, []).append(row)
    for name, some in rows.items():
        some.sort()
        sheet: Any = book[name]
        kept = {}
        for (row, column), cell in sheet._cells.items():  # noqa: SLF001 - deleting row by row takes minutes
            at = bisect_left(some, row)
            if at == len(some) or some[at] != row:
                cell.row = row - at
                kept[row - at, column] = cell
        sheet._cells = kept  # noqa: SLF001

    def moved(place: str) -> str:
        sheet, _, cell = place.rpartition("!")
        if sheet not in rows or not cell:
            return place
        row, column = place_of(cell)
        return f"{sheet}!{cell_name(row - bisect_left(rows[sheet], row), column)}"

    return moved


def annotated(
    book: Workbook | None, notes: Iterable[CellNote], language: Language, written: Mapping[str, str] | None = None
) -> bytes:
    """Return a workbook with its notes; one of notes alone if `book` is None."""
    book = _empty() if book is None else book
    for each in PROBLEMS.values():
        if each in book.sheetnames:
            del book[each]
    comments: dict[str, list[CellNote]] = {}
    told: Any = book.create_sheet(PROBLEMS[language])
    for number, text in enumerate(_HEADS[language], 1):
        put_text(told.cell(1, number), text)
        told.cell(1, number).font = Font(bold=True)
    for number, note in enumerate(notes, 2):
        sheet, _, cell = note.place.rpartition("!")
        severity = _SEVERITY[note.severity][language]
        for column, text in enumerate((sheet, cell, note.run, note.lot, severity, note.code, note.sentence), 1):
            put_text(told.cell(number, column), text)
        told.cell(number, len(_HEADS[language])).alignment = Alignment(wrap_text=True, vertical="top")
        if sheet in book.sheetnames and cell:
            quoted = sheet.replace("'", "''")
            told.cell(number, 2).hyperlink = Hyperlink(ref=f"B{number}", location=f"'{quoted}'!{cell}")
            told.cell(number, 2).font = Font(underline="single", color="0563C1")
            comments.setdefault(note.place, []).append(note)
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        told.column_dimensions[letter].width = width
    told.freeze_panes = "A2"
    for place, some in comments.items():
        _comment(book, place, some)
    for place, text in (written or {}).items():
        sheet, _, cell = place.rpartition("!")
        put_text(book[sheet][cell], text)
    return saved(book)


def _comment(book: Workbook, place: str, notes: Collection[CellNote]) -> None:
    sheet, _, name = place.rpartition("!")
    cell: Any = book[sheet][name]
    if type(cell).__name__ == "MergedCell":  # only its first cell can be commented
        return
    text = "\n".join(each.sentence for each in notes)
    cell.comment = Comment(text, "Oreprint", width=360, height=60 * len(notes))
    cell.fill = _FAULTY if any(each.severity == "problem" for each in notes) else _ODD


def _empty() -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    return book


def _book_of(sheets: Sequence[Sheet]) -> Workbook:
    """Return a workbook of what comma-separated files hold, all of it as text."""
    book = _empty()
    for each in sheets:
        sheet: Any = book.create_sheet(_NOT_IN_TITLES.sub("_", each.name)[:31])
        for cell in each.cells:
            put_text(sheet.cell(cell.row, cell.column), cell.value)
            sheet.cell(cell.row, cell.column).number_format = "@"
    return book
