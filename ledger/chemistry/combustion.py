"""The CO2 of fuels from their carbon, at full oxidation.

Rules: calorific values are net.  The IPCC computes its default factors with 44/12 (2006 Guidelines, vol. 2, 1.4.2.1)
and prints three significant digits.  A balance uses the exact ratio of the atomic weights instead.

This module does not compute CH4 and N2O, which depend on the burner too.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from ledger.chemistry.exact import divide

IPCC_CO2_PER_CARBON: Final = Fraction(44, 12)
"""kg CO2 per kg C in the IPCC's own tables; the exact ratio is `stoichiometry.CO2_PER_CARBON`."""

GJ_PER_TJ: Final = 1000


def ipcc_co2_factor(carbon_content: Fraction, oxidation: Fraction) -> Fraction:
    """Return kg CO2 per TJ from kg C per GJ and the fraction of carbon oxidised (vol. 2, 1.4.2.1)."""
    return carbon_content * GJ_PER_TJ * oxidation * IPCC_CO2_PER_CARBON


def printed(value: Fraction, digits: int = 3) -> int:
    """Return a number of at least `digits` whole digits, rounded to so many significant digits, as tables print it."""
    unit: int = 10 ** max(0, len(str(int(value))) - digits)
    return divide(value.numerator, value.denominator * unit) * unit
