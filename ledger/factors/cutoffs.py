"""Cut-off: how much of a run each method profile lets a result leave out.

The cut-off table has one profile a row, with exactly these columns:

``profile``
    as in the profile table.  A profile without a row has the bounds of ``oreprint-1``.
``single_most, total_most``
    the most that one exclusion, and all together, may be of the run's kg CO2e; empty for no bound.
``open_items``
    the verdict on an exclusion that nobody has bounded: ``flag`` or ``reject``.
``status, source, note``
    as in a factor table.

This module reads no file (`ledger.tables`) and judges nothing (`ledger.plausibility.exclusions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factor import Status, cell_choice, cell_words, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = ("profile", "single_most", "total_most", "open_items", "status", "source", "note")


@dataclass(frozen=True, slots=True)
class CutOff:
    """The bounds of a profile, as scaled parts of the run; None for no bound."""

    profile: str
    single_most: int | None
    total_most: int | None
    open_items: Literal["flag", "reject"]
    source: str


def parse_cutoffs(content: bytes, name: str = "cutoffs") -> Mapping[str, CutOff]:
    """Parse the cut-off table; raise as `parse_factor_set`."""
    cutoffs: dict[str, CutOff] = {}
    for place, cells in table_lines(content, name, COLUMNS):
        cell_choice(cells, "status", get_args(Status), place)
        single, total = cells["single_most"], cells["total_most"]
        cutoff = CutOff(
            cell_words(cells, "profile", place),
            trillionths(single) if single else None,
            trillionths(total) if total else None,
            cell_choice(cells, "open_items", ("flag", "reject"), place),
            cell_words(cells, "source", place),
        )
        if cutoff.profile in cutoffs:
            raise InputError.at("factor.duplicate", place, id=cutoff.profile)
        cutoffs[cutoff.profile] = cutoff
    return MappingProxyType(cutoffs)
