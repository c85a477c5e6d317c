"""Propose another band where the values of the last runs do not fit the recipe's.

Rules: an amount is compared as if the run were as large as the typical one. A bound moves only outwards, to the 5th or
95th percentile of the values (nearest rank), rounded outwards to three digits. So a band that is proposed still holds
nine values in ten, and the typical one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from ledger.recipes.amounts import Measure, Run, measured
from ledger.recipes.bands import Band
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.drift import as_typical

LOWEST: Final = Fraction(5, 100)
HIGHEST: Final = Fraction(95, 100)
_DIGITS: Final = 3


class OtherBand(NamedTuple):
    """A line whose values leave its band: the band, the one that is proposed, and the figures that lead to it.

    `line` is a line of the recipe's run, `outputs[0]` for the mass of an output. `outside` counts the values of `runs`
    that lie outside the band.
    """

    line: str
    label: str
    band: Band
    low: Measure
    high: Measure
    lowest: Measure
    median: Measure
    highest: Measure
    outside: int
    runs: int


def other_bands(checked: CheckedRecipe, runs: Sequence[Run]) -> list[OtherBand]:
    """Return the asked lines and the outputs whose 5th or 95th percentile lies outside their band."""
    found: list[OtherBand] = []
    for line, band, values in _values(checked, runs):
        unit = band.typical.unit
        lowest, middle, highest = (percentile(values, share) for share in (LOWEST, Fraction(1, 2), HIGHEST))
        if band.low.number <= lowest and highest <= band.high.number:
            continue
        low = band.low.number if band.low.number <= lowest else _rounded(lowest, up=False)
        high = band.high.number if highest <= band.high.number else _rounded(highest, up=True)
        found.append(
            OtherBand(
                line,
                checked.label(line),
                band,
                low=Measure(low, unit),
                high=Measure(high, unit),
                lowest=Measure(lowest, unit),
                median=Measure(middle, unit),
                highest=Measure(highest, unit),
                outside=sum(not band.holds(each) for each in values),
                runs=len(values),
            )
        )
    return found


def percentile(values: Sequence[Fraction], share: Fraction) -> Fraction:
    """Return the percentile of some values by nearest rank: the smallest that so large a share does not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def _values(checked: CheckedRecipe, runs: Sequence[Run]) -> Iterator[tuple[str, Band, list[Fraction]]]:
    """Yield each line that is typed, with its band and its values in the runs that have it."""
    for number in range(len(checked.recipe.outputs)):
        masses = [measured(run["outputs"][number]["mass"]).number for run in runs if number < len(run["outputs"])]
        if masses:
            yield f"outputs[{number}]", checked.output_band(number), masses
    for line in checked.asked.values():
        scale = checked.rules[line].scale
        amounts = [each for run in runs if (each := as_typical(checked, line, scale, run)) is not None]
        if amounts:
            yield line, checked.bands[line], amounts


def _rounded(number: Fraction, *, up: bool) -> Fraction:
    """Return a number of three digits that is not below, or not above, another one."""
    step = Fraction(1)
    while number and number / step < 10 ** (_DIGITS - 1):
        step /= 10
    while number / step >= 10**_DIGITS:
        step *= 10
    whole = number / step
    return (ceil(whole) if up else whole.numerator // whole.denominator) * step
