"""What a run leaves out: the most kg CO2e of each exclusion that has a bound.

Rules: a bound is an amount x a factor of a shipped table, or a share of the run's kg CO2e (location-based, inputs
included).  Each is rounded once.  An exclusion without a bound counts 0 here: it is open, or nothing is left out by it.

This module does not judge (`ledger.plausibility.exclusions`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.factors.tables import FactorTables
    from schemas.run import Exclusion
    from schemas.vocabulary import ExclusionKind, GwpSet


class LeftOut(NamedTuple):
    """The bound of one exclusion: scaled kg CO2e, and a scaled share of the run."""

    mass: int
    share: int

    def of(self, whole: int) -> int:
        """Return the bound in scaled kg CO2e, of a run with `whole` scaled kg CO2e."""
        return self.mass + (divide(whole * self.share, SCALE) if self.share else 0)


NOTHING: Final = LeftOut(0, 0)
_KEPT: Final = 4096


def kind_of(item: Exclusion) -> ExclusionKind:
    """Return the kind of an exclusion; without one it is bounded if it has a bound, else open."""
    if item.kind is not None:
        return item.kind
    return "open" if item.share is None and item.amount is None else "bounded"


def open_of(excluded: Iterable[Exclusion]) -> tuple[str, ...]:
    """Return what is left out without a bound, each once."""
    return tuple(dict.fromkeys(item.what for item in excluded if kind_of(item) == "open"))


def bounds(
    excluded: Iterable[Exclusion], tables: FactorTables, gwp: GwpSet, engine: str = ENGINE
) -> tuple[LeftOut, ...]:
    """Return the bound of each exclusion, none for a run of engine 1; raise MissingError ``factor.unknown``."""
    if engine not in GUARDED:
        return ()
    return tuple([_bound(item, tables, gwp) if kind_of(item) == "bounded" else NOTHING for item in excluded])


@lru_cache(_KEPT)
def _bound(item: Exclusion, tables: FactorTables, gwp: GwpSet) -> LeftOut:
    """Return the bound of an exclusion; a plant leaves out the same things in all runs."""
    mass = 0
    if item.amount is not None and item.factor is not None:
        mass = divide(trillionths(item.amount) * _weight(item.factor, tables, gwp), SCALE * SCALE)
    return LeftOut(mass, 0 if item.share is None else trillionths(item.share))


def _weight(factor: str, tables: FactorTables, gwp: GwpSet) -> int:
    """Return the exact kg CO2e of a unit of a factor, scaled twice."""
    weights = tables.gwp.weights[gwp]
    return sum([value * weights[gas] for gas, value in tables.factor(factor).values])


def left_out_of(found: Iterable[LeftOut], whole: int) -> int:
    """Return the sum of bounds in scaled kg CO2e, of a run with `whole` scaled kg CO2e."""
    return sum([bound.of(whole) for bound in found])
