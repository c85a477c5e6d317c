"""The quantity of a material that its factor applies to.

Rules: the weighed mass; with a strength, the content of the solution; of rare-earth goods without certificate, the mass
of their rare earths, heavy ones tenfold.  A proxy counts 1.25 times.  All are exact, from the sealed line alone.

This module multiplies by no factor (`ledger.footprint.lines` does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE
from ledger.factors.boundary import RARE_EARTH_GOODS
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from schemas.inventory import MaterialLine

PROXY: Final = (5, 4)
"""A factor of a like substance counts 5/4 times (set here): a guess may not be cheaper than the truth."""

HEAVY: Final = frozenset({"Dy", "Ho", "Lu", "Tb"})
"""Rare earths that take the most effort; without certificate they count tenfold (set here)."""

_TENFOLD: Final = 10
_RARE: Final = frozenset(RARE_EARTHS)


def material_amount(line: MaterialLine) -> tuple[int, int]:
    """Return the quantity that a material's factor applies to: an amount and the scale that divides it."""
    amount, scale = trillionths(line.mass_kg), SCALE
    if line.factor.startswith(RARE_EARTH_GOODS):
        amount, scale = amount * rare_earth_content(line), scale * SCALE
    elif line.strength is not None:
        amount, scale = amount * trillionths(line.strength), scale * SCALE
    if line.proxy_for is not None:
        amount, scale = amount * PROXY[0], scale * PROXY[1]
    return amount, scale


def material_unit(line: MaterialLine) -> str:
    """Return the unit of a material's factor."""
    return "kg-content" if line.factor.startswith(RARE_EARTH_GOODS) else weighed_unit(line.strength)


def weighed_unit(strength: str | None) -> str:
    """Return the unit of a mass; with a strength it is the content of the solution."""
    return "kg" if strength is None else "kg-content"


def told_apart(line: MaterialLine) -> str:
    """Return what an amount is made of, where it is neither the mass nor the content, as words of a trace."""
    if line.proxy_for is not None:
        flow = line.factor.partition("/")[2].partition(".")[0].replace("-", " ")
        return f" (= {line.mass_kg} kg {line.proxy_for}, by {flow} x 1.25)"
    if line.factor.startswith(RARE_EARTH_GOODS):
        return f" (= {line.mass_kg} kg x its rare earths, {', '.join(sorted(HEAVY))} tenfold)"
    return ""


def rare_earth_content(line: MaterialLine) -> int:
    """Return the mass fraction (scaled) of rare earths in a material, with the heavy ones tenfold."""
    return sum(
        [
            trillionths(fraction) * (_TENFOLD if element in HEAVY else 1)
            for element, fraction in line.composition
            if element in _RARE
        ]
    )
