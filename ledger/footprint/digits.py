"""How many digits of a figure to show: as many as its uncertainty supports.

Rules: 3 significant digits where the geometric standard deviation, squared, is at most 1.2 (95 % of the results within
some 20 %), else 2 (set here).  People read rounded figures; documents keep all digits.

This module computes no uncertainty (`ledger.footprint.quality`).
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE
from ledger.footprint.uncertainty import gsd2
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from schemas.figures import Quality

MASS: Final = 6
"""Significant digits of a mass in a balance: scales have no more."""
MANY: Final = 3
FEW: Final = 2
_NARROW: Final = SCALE * 12 // 10
"""GSD2 of a figure that has `MANY` digits."""


def digits_of(quality: Quality) -> int:
    """Return the number of significant digits that a figure of this quality supports."""
    return MANY if gsd2(trillionths(quality.variance)) <= _NARROW else FEW


def shown(figure: str, digits: int) -> str:
    """Return a figure rounded to significant digits, half to even, without an exponent."""
    number = Decimal(figure)
    if not number:
        return "0"
    rounded = _to(number, digits)
    # 9.96 becomes 10.0 and then 10
    return f"{_to(rounded, digits):f}"


def shown_figure(figure: str, quality: Quality) -> str:
    """Return a figure with as many digits as its quality supports."""
    return shown(figure, digits_of(quality))


def _to(number: Decimal, digits: int) -> Decimal:
    place = number.adjusted() - digits + 1
    rounded = number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    return rounded.quantize(Decimal(1)) if place > 0 else rounded
