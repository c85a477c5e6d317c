"""Published ranges as data: what studies of a product found, with the studies named.

The table has one range a row, with exactly these columns:

``product, step, route``
    products of the vocabulary and routes (`ROUTES`), joined by ``;``; the step, for a range of one step alone.
``boundary, indicator, unit``
    what the range is of: ``cradle-to-gate``, ``gate-to-gate`` or ``step``, and ``ghg``, ``energy`` or ``electricity``.
``low, typical_low, typical_high, high``
    the range in the unit; all empty where no study gives a value.
``n_read, n_other, studies``
    how many values were read in their source, how many are from memory, and the studies, joined by ``;``.
``status, note``
    ``read``, ``read-secondary``, ``derived``, ``memory``, or ``none`` for a row without a range.

A range marks a figure and refuses none (`ledger.plausibility.published`).  A new range is a row, not code.  This module
reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factor import cell_choice, cell_error, cell_words, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = (
    "product", "step", "route", "boundary", "indicator", "unit", "low", "typical_low", "typical_high", "high",
    "n_read", "n_other", "studies", "status", "note",
)  # fmt: skip

Route = Literal["ion-clay", "bastnaesite", "monazite", "any-primary", "recycled-short-loop", "any"]
"""A way from the ground, or from scrap, to the product."""
RangeBoundary = Literal["cradle-to-gate", "gate-to-gate", "step"]
RangeIndicator = Literal["ghg", "energy", "electricity"]
RangeStatus = Literal["read", "read-secondary", "derived", "memory", "none"]
_BOUNDS: Final = ("low", "typical_low", "typical_high", "high")
_MOST_STUDIES: Final = 1000


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """What studies found: `low`, `typical` and `high` scaled, None without a value; `read` and `other` count values."""

    products: tuple[str, ...]
    step: Step | None
    routes: tuple[Route, ...]
    boundary: RangeBoundary
    indicator: RangeIndicator
    unit: str
    low: int | None
    typical: tuple[int, int] | None
    high: int | None
    read: int
    other: int
    studies: tuple[str, ...]
    status: RangeStatus
    note: str

    @property
    def named(self) -> tuple[str, ...]:
        """The studies that a reader can look up: not those whose values are from memory."""
        return tuple(each for each in self.studies if "memory" not in each)


def parse_published_ranges(content: bytes, name: str = "published_ranges") -> tuple[PublishedRange, ...]:
    """Parse the table of published ranges; raise as `parse_factor_set`."""
    return tuple(_range(cells, place) for place, cells in table_lines(content, name, COLUMNS))


def _range(cells: Mapping[str, str], place: str) -> PublishedRange:
    low, typical_low, typical_high, high = (_bound(cells, column, place) for column in _BOUNDS)
    bounds = [bound for bound in (low, typical_low, typical_high, high) if bound is not None]
    if len(bounds) not in {0, len(_BOUNDS)} or bounds != sorted(bounds):
        raise cell_error(cells, "high", "four bounds that rise, or none", place)
    return PublishedRange(
        products=tuple(_many(cells["product"])),
        step=cell_choice(cells, "step", get_args(Step), place) if cells["step"] else None,
        routes=tuple(cell_choice({"route": each}, "route", get_args(Route), place) for each in _many(cells["route"])),
        boundary=cell_choice(cells, "boundary", get_args(RangeBoundary), place),
        indicator=cell_choice(cells, "indicator", get_args(RangeIndicator), place),
        unit=cell_words(cells, "unit", place),
        low=low,
        typical=None if typical_low is None or typical_high is None else (typical_low, typical_high),
        high=high,
        read=_count(cells, "n_read", place),
        other=_count(cells, "n_other", place),
        studies=tuple(each.strip() for each in _many(cells["studies"])),
        status=cell_choice(cells, "status", get_args(RangeStatus), place),
        note=cells["note"],
    )


def _bound(cells: Mapping[str, str], column: str, place: str) -> int | None:
    if not cells[column]:
        return None
    try:
        return trillionths(cells[column])
    except InputError as error:
        raise cell_error(cells, column, "a number", place) from error


def _count(cells: Mapping[str, str], column: str, place: str) -> int:
    text = cells[column]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_STUDIES))):
        raise cell_error(cells, column, "a count", place)
    return int(text)


def _many(cell: str) -> list[str]:
    return cell.split(";") if cell else []
