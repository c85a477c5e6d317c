"""The materials of a run, each with what its factor stands for.

Rules: a line whose factor's table is not here has no factor; a producer's own factor has no fit.  Compositions are
parsed once; of a solution there is also that of its content.  This module judges nothing (`ledger.plausibility.fit`).
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import RARE_EARTHS
from ledger.factors.fit import of_content
from schemas.frozen import Frozen
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from ledger.factors.factor import Factor
    from ledger.factors.fit import Fit, Parts
    from ledger.factors.tables import FactorTables
    from schemas.inventory import MaterialLine, Materials
    from schemas.vocabulary import Step

_KEPT: Final = 4096
_RARE: Final = frozenset(RARE_EARTHS)


class Supply(Frozen):
    """A material: its place and line, its factor, what that stands for, and its composition (scaled fractions).

    `own` marks a factor of a producer's own table; `content` is the composition of what a solution holds.
    """

    place: str
    line: MaterialLine
    factor: Factor | None
    fit: Fit | None
    own: bool
    parts: Parts
    content: Parts
    rare_earth: int

    @property
    def strength(self) -> int | None:
        """The content of a solution (scaled), or None."""
        return None if self.line.strength is None else trillionths(self.line.strength)


def supplies_of(group: Materials, tables: FactorTables, step: Step) -> list[Supply]:
    """Return the materials of a run; none if the tables do not say what factors stand for."""
    if not tables.fits.tables:
        return []
    return [_supply(f"materials[{index}]", line, tables, step) for index, line in enumerate(group.lines)]


def _supply(place: str, line: MaterialLine, tables: FactorTables, step: Step) -> Supply:
    factor = tables.by_id.get(line.factor)
    own = factor is not None and factor.table not in tables.fits.tables
    fit = None if factor is None or own else tables.fits.of(factor, step)
    parts, content, rare = parts_of(line.composition, line.strength)
    return Supply(place, line, factor, fit, own, parts, content, rare)


@lru_cache(_KEPT)
def parts_of(composition: tuple[tuple[str, str], ...], strength: str | None) -> tuple[Parts, Parts, int]:
    """Return a composition, that of its content, and its rare earths; a plant buys the same goods run after run."""
    parts = MappingProxyType({element: trillionths(fraction) for element, fraction in composition})
    content = of_content(parts, None if strength is None else trillionths(strength))
    return parts, content, sum([each for element, each in parts.items() if element in _RARE])
