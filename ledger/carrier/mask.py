"""The mask of a QR code (ISO/IEC 18004:2015, 7.8): of eight, the one that leaves the fewest faults for a reader.

The library `qrcode` looks at every square of every mask, which takes most of the time in which a label is made.  Here a
row or a column is one integer, with a bit for each square, and so are its runs and patterns.  The mask is the same.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from qrcode import QRCode
from qrcode.util import mask_func

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MASKS: Final = 8


def best_mask(code: QRCode[Any]) -> int:
    """Return the number of the mask that costs a code the fewest penalty points: the first, where several do."""
    code.makeImpl(test=True, mask_pattern=0)
    size, masks = code.modules_count, _masks(code.version)
    drawn = lines_of(size, lambda row, column: bool(code.modules[row][column]))
    bare = [line ^ mask for line, mask in zip(drawn, masks[0], strict=True)]
    penalties = [penalty(size, [line ^ each for line, each in zip(bare, mask, strict=True)]) for mask in masks]
    return penalties.index(min(penalties))


class _Bare(QRCode[Any]):
    """A QR code with nothing but its fixed patterns; the squares of the data are None."""

    def map_data(self, data: Any, mask_pattern: Any) -> None:  # noqa: ANN401 - as in the library
        """Leave the squares empty."""


@cache
def _masks(version: int) -> list[list[int]]:
    """Return the rows and columns of each mask, which changes squares of the data alone."""
    code = _Bare(version=version)
    code.makeImpl(test=True, mask_pattern=0)
    each = [mask_func(number) for number in range(_MASKS)]

    def changed(changes: Callable[[int, int], bool]) -> list[int]:
        return lines_of(
            code.modules_count, lambda row, column: code.modules[row][column] is None and changes(row, column)
        )

    return [*map(changed, each)]


def lines_of(size: int, dark: Callable[[int, int], bool]) -> list[int]:
    """Return the rows, then the columns; bit `n` is the square `n` of the line."""
    rows = [sum(1 << column for column in range(size) if dark(row, column)) for row in range(size)]
    return rows + [sum(1 << row for row in range(size) if rows[row] >> column & 1) for column in range(size)]


def penalty(size: int, lines: Sequence[int]) -> int:
    """Return the points of table 11, with the weights 3, 3, 40 and 10."""
    rows = lines[:size]
    alike = [~(line ^ line >> 1) & (1 << size - 1) - 1 for line in lines]
    blocks = sum(
        (one & other & ~(row ^ below)).bit_count()
        for one, other, row, below in zip(alike, alike[1:size], rows, rows[1:], strict=False)
    )
    dark = sum(row.bit_count() for row in rows)
    uneven = abs(20 * dark - 10 * size**2) // size**2
    return sum(map(_runs, alike)) + 3 * blocks + 40 * sum(_like_finders(size, line) for line in lines) + 10 * uneven


def _runs(alike: int) -> int:
    """Return the points of a line's runs of five and more squares: their length less two.

    A bit of `alike` says that a square is as the next one.
    """
    fives = alike & alike >> 1 & alike >> 2 & alike >> 3
    return fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()


def _like_finders(size: int, line: int) -> int:
    """Return how often a line looks like the corner of a code: dark and light 1:1:3:1:1, beside four light ones."""
    light = ~line & (1 << size) - 1
    corner = line & light >> 1 & line >> 2 & line >> 3 & line >> 4 & light >> 5 & line >> 6
    quiet = light & light >> 1 & light >> 2 & light >> 3
    return (corner & quiet >> 7).bit_count() + (quiet & corner >> 4).bit_count()
