"""Exact arithmetic: integers scaled by 10^12, and the only place where a figure is rounded; what shows one may show less of it.

Rules: a *scaled* number is ``int`` = value x 10^12 (text to scaled and back: `trillionths` and `trillionths_text` of
`schemas.quantity`), so sums, differences and comparisons are exact and don't depend on their order.  Rounding
happens in `divide` alone: integer quotient and remainder, half to even, 12 places.

What this module does not do: it knows no text and no units, and never sees a float.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fractions import Fraction

SCALE: Final = 10**12
"""One, as a scaled number: a fraction of 6 decimals times a mass in mg is exact within it."""


def divide(numerator: int, denominator: int) -> int:
    """Return the whole number nearest to ``numerator / denominator``, half to even; `denominator` is positive."""
    if denominator <= 0:
        raise ZeroDivisionError(denominator)
    quotient, remainder = divmod(numerator, denominator)
    if not remainder:  # most are exact
        return quotient
    twice = remainder + remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def scaled(ratio: Fraction) -> int:
    """Return an exact ratio as a scaled number, rounded once."""
    return divide(ratio.numerator * SCALE, ratio.denominator)
