"""Judge a typed or computed amount by its band, and guess the typing error behind one outside it.

Rules: outside the band an amount needs a reason. Inside it, an amount that differs by more than 15 % from the typical
one is told as a warning, because a wide band would hide such a typing error.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from ledger.recipes.amounts import Measure
from schemas.problem import Problem
from schemas.quantity import plain_fraction
from schemas.recipe import Recipe

_FAR: Final = Fraction(15, 100)
"""Set here: half of a typing error of 20 % and more of the usual scatter of a meter."""
_SLIPS: Final = (Fraction(1, 10), Fraction(10), Fraction(1, 1000), Fraction(1000), Fraction(1, 100), Fraction(100))
"""Typing errors of a decimal mark or a unit."""


class Band(NamedTuple):
    """The usual bounds of an amount."""

    low: Measure
    typical: Measure
    high: Measure

    def times(self, ratio: Fraction) -> Band:
        """Return the bounds in a run that is larger by this ratio."""
        return Band(*(Measure(each.number * ratio, each.unit) for each in self))

    def holds(self, number: Fraction) -> bool:
        """Return whether a number is within the bounds."""
        return self.low.number <= number <= self.high.number

    def problem(self, place: str, label: str, found: Measure, *, typed: bool) -> Problem | None:
        """Return the doubt about an amount: outside its band, or far from the typical amount; or None.

        Only an amount that somebody typed can be a slip of the pen.
        """
        low, typical, high = (each.text for each in self)
        said = {"label": label, "found": found.text, "low": low, "high": high, "typical": typical}
        if self.holds(found.number):
            far = is_far(found.number, self.typical.number)
            return Problem.at("recipe.far-from-typical", place, **said) if far else None
        for slip in _SLIPS if typed else ():
            if self.holds(found.number * slip):
                meant = Measure(found.number * slip, found.unit).text
                return Problem.at("recipe.outside-band-meant", place, **said, meant=meant)
        return Problem.at("recipe.outside-band", place, **said)


def is_far(found: Fraction, typical: Fraction) -> bool:
    """Return whether an amount differs so much from the typical one that it may be a typing error."""
    return abs(found - typical) > _FAR * typical


def yield_problem(recipe: Recipe, found: Fraction) -> Problem | None:
    """Return the doubt about the mass of the outputs as a part of the inputs, or None."""
    low, high = recipe.yield_low, recipe.yield_high
    if (low is not None and found < Fraction(low)) or (high is not None and found > Fraction(high)):
        said = plain_fraction(Fraction(round(found * 10_000), 10_000))
        return Problem.at("recipe.yield", "outputs[0].mass", found=said, low=low or "0", high=high or "any")
    return None
