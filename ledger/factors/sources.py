"""The sources of the shipped figures, with what permits shipping them.

The table has one source a row, with exactly these columns:

``source``
    the work and its publisher, and where it was read.
``marks``
    words, joined by `` | ``; a row of a table that has one of them in its cell of sources comes from this source.
``licence``
    `Licence`.
``size``
    how many rows the work has, where that is known: of a catalogue no more than `MOST_PART` may ship.
``terms``
    what permits it, or what is asked of those who pass it on.

A row may have several sources.  Those of the project itself have the licence ``none needed``.  This module reads no
file (`ledger.tables` does).  Why single facts may ship stands in ``docs/adr/0057-rights-in-figures.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factor import cell_choice, cell_error, cell_words, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS: Final = ("source", "marks", "licence", "size", "terms")
MOST_PART: Final = Fraction(2, 100)
"""The largest part of a catalogue of known size whose rows are quoted as single facts: set here."""

Licence = Literal[
    "none needed", "CC0 1.0", "public domain", "official document", "OGL 3.0", "CC BY 4.0", "single facts"
]
"""What permits shipping figures, from the freest on.

``official document``: a law, a notice or a guideline of a state; ``single facts``: figures quoted one by one from a
work that has no open licence.
"""


@dataclass(frozen=True, slots=True)
class FigureSource:
    """A work that shipped figures come from; `size` is its number of rows, None where it is unknown."""

    name: str
    marks: tuple[str, ...]
    licence: Licence
    size: int | None
    terms: str

    def made(self, cell: str) -> bool:
        """Return whether a cell of sources names this source."""
        return any(mark in cell for mark in self.marks)


@dataclass(frozen=True, slots=True)
class FigureUse:
    """How many rows of the current and of the former tables come from a source."""

    source: FigureSource
    rows: int
    former: int


def parse_sources(content: bytes, name: str = "sources") -> tuple[FigureSource, ...]:
    """Parse the table of sources; raise as `parse_factor_set`."""
    return tuple(_source(cells, place) for place, cells in table_lines(content, name, COLUMNS))


def _source(cells: Mapping[str, str], place: str) -> FigureSource:
    size = cells["size"]
    if size and not (size.isascii() and size.isdigit()):
        raise cell_error(cells, "size", "a count, or nothing", place)
    return FigureSource(
        name=cell_words(cells, "source", place),
        marks=tuple(cell_words(cells, "marks", place).split(" | ")),
        licence=cell_choice(cells, "licence", get_args(Licence), place),
        size=int(size) if size else None,
        terms=cell_words(cells, "terms", place),
    )


def sources_of(cell: str, sources: Iterable[FigureSource]) -> tuple[FigureSource, ...]:
    """Return the sources that a cell names."""
    return tuple(source for source in sources if source.made(cell))


def licence_of(cell: str, sources: Iterable[FigureSource]) -> Licence:
    """Return the narrowest licence of the sources that a cell names; raise ValueError if it names none."""
    return max((source.licence for source in sources_of(cell, sources)), key=get_args(Licence).index)


def rows_of(source: FigureSource, cells: Iterable[str], sources: Iterable[FigureSource]) -> int:
    """Return how many cells name a source; a cell that names none is the project's own."""
    named = [sources_of(cell, sources) for cell in cells]
    own = source.licence == "none needed"
    return sum(source in found or (own and not found) for found in named)
