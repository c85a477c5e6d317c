"""Sheets of labels: where each label is on a page of a common grid, as one SVG a page, in its true size.

Rules: a sheet is a page of cells, filled row by row from a cell on, so that a begun sheet is used up.  Each label is as
wide as its cell allows and is never cut.  Lengths are whole micrometres.  The sizes are those that makers of label
sheets state; the cells lie in the middle of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ledger.carrier.label import NARROWEST_MM, WIDEST_MM, Label
from ledger.carrier.svg import label_svg
from schemas.problem import InputError

_UM: Final = 1000
_GAP_MM: Final = 2
"""Between a label and the edge of its cell: printers feed a sheet about a millimetre askew."""


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """A page with cells for labels; lengths in µm.  `paper` is the name of its size in CSS."""

    name: str
    paper: str
    width: int
    height: int
    columns: int
    rows: int
    cell_width: int
    cell_height: int
    gap: int = 0

    @property
    def cells(self) -> int:
        """The number of labels that a page takes."""
        return self.columns * self.rows

    def place(self, cell: int) -> tuple[int, int]:
        """Return left and top of a cell, counted from 0."""
        row, column = divmod(cell, self.columns)
        left = (self.width - self.columns * self.cell_width - (self.columns - 1) * self.gap) // 2
        top = (self.height - self.rows * self.cell_height) // 2
        return left + column * (self.cell_width + self.gap), top + row * self.cell_height


SHEETS: Final = {
    each.name: each
    for each in (
        LabelSheet("a4-4", "a4", 210_000, 297_000, 2, 2, 105_000, 148_500),
        LabelSheet("a4-6", "a4", 210_000, 297_000, 2, 3, 99_100, 93_100, 2_500),
        LabelSheet("a4-8", "a4", 210_000, 297_000, 2, 4, 99_100, 67_700, 2_500),
        LabelSheet("letter-4", "letter", 215_900, 279_400, 2, 2, 101_600, 127_000, 4_800),
        LabelSheet("letter-6", "letter", 215_900, 279_400, 2, 3, 101_600, 84_667, 4_800),
    )
}
"""The sheets by name: paper and number of labels."""


def sheet_named(name: str) -> LabelSheet:
    """Return the sheet with a name; raise InputError `label.sheet`."""
    if name not in SHEETS:
        raise InputError.at("label.sheet", "sheet", value=name, known=", ".join(SHEETS))
    return SHEETS[name]


def fitting(draw: Callable[[int], Label], sheet: LabelSheet) -> Label:
    """Return the widest label, drawn by its width in mm, that fits a cell.

    Raises:
        InputError: `carrier.square` where the symbol would be too small to be read, `label.sheet-small`.

    """
    room = (sheet.cell_width - 2 * _GAP_MM * _UM, sheet.cell_height - 2 * _GAP_MM * _UM)
    for width in range(min(room[0] // _UM, WIDEST_MM), NARROWEST_MM - 1, -1):
        label = draw(width)
        if label.height <= room[1]:
            return label
    raise InputError.at("label.sheet-small", "sheet", value=sheet.name)


def sheets(labels: Sequence[Label], sheet: LabelSheet, *, start: int = 1) -> Iterator[str]:
    """Yield the pages that hold labels, as SVG, the first of them in cell `start` of the first page, counted from 1.

    Raises:
        InputError: `label.start`.

    """
    if not 1 <= start <= sheet.cells:
        raise InputError.at("label.start", "start", value=start, limit=sheet.cells)
    waiting = iter(labels)
    first = start - 1
    while page := list(islice(waiting, sheet.cells - first)):
        yield _page(page, sheet, first)
        first = 0


def _page(labels: Sequence[Label], sheet: LabelSheet, first: int) -> str:
    placed = "".join(_placed(label, sheet, cell) for cell, label in enumerate(labels, first))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sheet {sheet.paper}" width="{_mm(sheet.width)}" '
        f'height="{_mm(sheet.height)}">{placed}</svg>'
    )


def _placed(label: Label, sheet: LabelSheet, cell: int) -> str:
    left, top = sheet.place(cell)
    x, y = left + (sheet.cell_width - label.width) // 2, top + (sheet.cell_height - label.height) // 2
    text = label_svg(label).decode().strip()
    return text.replace("<svg ", f'<svg x="{_mm(x)}" y="{_mm(y)}" ', 1)


def _mm(um: int) -> str:
    return f"{um // _UM}.{um % _UM:03d}mm"
