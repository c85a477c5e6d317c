"""How far the last runs have moved away from a recipe: what was asked, and what closes a balance.

Rules: an amount is compared as if the run were as large as the typical one. Of an asked amount the median counts, which
one slip does not move. Of a rest the sum counts, because gains and losses of single runs cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from statistics import median
from typing import Final, NamedTuple

from ledger.recipes.amounts import Measure, Run, deciding, measured, total
from ledger.recipes.checked import CheckedRecipe
from schemas.recipe import Scale

LAST_RUNS: Final = 20
"""Runs that a drift is told of."""


class RecipeDrift(NamedTuple):
    """One amount of a recipe over the last runs; `share` is the change, as a part of the typical amount."""

    line: str
    label: str
    typical: Measure
    found: Measure
    runs: int

    @property
    def share(self) -> Fraction | None:
        """The change as a part of the typical amount; None where that is zero."""
        return self.found.number / self.typical.number - 1 if self.typical.number else None

    @property
    def percent(self) -> str:
        """The change in per cent, such as `+2.1`."""
        if self.share is None:
            return ""
        tenths = round(1000 * self.share)
        return f"{'-' if tenths < 0 else '+'}{abs(tenths) // 10}.{abs(tenths) % 10}"


def drifts_of(checked: CheckedRecipe, runs: Sequence[Run]) -> list[RecipeDrift]:
    """Return the drift of each asked amount and of each rest, over records of past runs."""
    found: list[RecipeDrift] = []
    for line, rule in checked.rules.items():
        if rule.rule not in {"asked", "rest"}:
            continue
        amounts = [each for run in runs[:LAST_RUNS] if (each := as_typical(checked, line, rule.scale, run)) is not None]
        if amounts:
            typical = measured(checked.lines[line].text)
            middle = sum(amounts, Fraction(0)) / len(amounts) if rule.rule == "rest" else median(amounts)
            found.append(RecipeDrift(line, checked.label(line), typical, Measure(middle, typical.unit), len(amounts)))
    return found


def reading_of(checked: CheckedRecipe, line: str, run: Run) -> str | None:
    """Return the amount of a line of a recipe in the record of another run, found by group and name; None if absent."""
    group, _, number = line.partition("[")
    here = deciding(run)
    if not number:
        return here[line].text if line in here else None
    name = checked.recipe.run[group][int(number[:-1])].get("name")
    for index, each in enumerate(run.get(group, ())):
        if each.get("name") == name and f"{group}[{index}]" in here:
            return here[f"{group}[{index}]"].text
    return None


def as_typical(checked: CheckedRecipe, line: str, scale: Scale, run: Run) -> Fraction | None:
    """Return the amount of a line in a run, as if the run were as large as the typical one."""
    text = reading_of(checked, line, run)
    if text is None:
        return None
    read, typical = measured(text), measured(checked.lines[line].text)
    ratio = _ratio(checked.recipe.run, run, scale)
    return read.number / ratio if read.unit == typical.unit and ratio else None


def _ratio(typical: Run, run: Run, scale: Scale) -> Fraction:
    if scale == "per-run":
        return Fraction(1)
    group = "outputs" if scale == "per-output" else "inputs"
    here, usual = (total([each["mass"] for each in one.get(group, ())]) for one in (run, typical))
    return here / usual if usual else Fraction(1)
