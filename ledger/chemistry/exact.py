"""Exact arithmetic: integers scaled by 10^12, and the only place where a figure is rounded.

Rules: a *scaled* number is ``int`` = value x 10^12 (`trillionths` and `trillionths_text` of `schemas.quantity` convert
text), so sums, differences and comparisons are exact in any order.  Only `divide` rounds: half to even, 12 places.

This module knows no text and no units, and never sees a float.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

SCALE: Final = 10**12
"""One, as a scaled number: a fraction of 6 decimals times a mass in mg is exact in it."""


def divide(numerator: int, denominator: int) -> int:
    """Return the integer nearest to ``numerator / denominator``, half to even; `denominator` is positive."""
    if denominator <= 0:
        raise ZeroDivisionError(denominator)
    quotient, remainder = divmod(numerator, denominator)
    if not remainder:  # the usual case
        return quotient
    twice = remainder + remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def scaled(ratio: Fraction) -> int:
    """Return an exact ratio as a scaled number, rounded once."""
    return divide(ratio.numerator * SCALE, ratio.denominator)
