"""The heat of kilns and evaporators (rule E-CALC): what a calcined oxide and the liquor evaporated take.

Rules: as in `ledger.plausibility.physics`.  Only fuels that heat the process count (`process_heat`); electricity counts
for the least heat, since kilns and evaporators may run on it.

This module judges no fuel (`ledger.plausibility.combustion`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.fuel_parts import process_heat
from ledger.footprint.masses import KG_PER_M3, figure_text
from ledger.plausibility.physics import PRECIPITATING
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.footprint.inventory import Inventory

HEAT_OF_OXIDE: Final = (3, 60)
"""Least and most MJ for a kg of calcined oxide, as rule E-CALC has always had them."""
UNIT_ERROR: Final = 10
"""Times the largest heat of a kiln from which the amount or its unit is wrong (set here)."""
HEAT_OF_LIQUOR: Final = (SCALE * 3 // 100, SCALE * 35 // 10)
"""Least and most MJ for a kg of liquor evaporated: vapour recompression, and one effect with losses (memory)."""


def cold_kiln(run: Inventory) -> Iterator[Problem]:
    """E-CALC: a kiln's oxide, and the liquor evaporated, take a least heat; electricity counts, pumps' diesel not."""
    oxide, liquor = _calcined(run)
    if not oxide:
        return
    given = process_heat(run.fuel_parts) + divide(run.kwh * 36, 10)
    least = oxide * HEAT_OF_OXIDE[0] + divide(liquor * HEAT_OF_LIQUOR[0], SCALE)
    if given < least:
        yield _kiln("rule.e-calc-low", given, least, oxide)


def hot_kiln(run: Inventory, *, wrong: bool) -> Iterator[Problem]:
    """E-CALC: more fuel than kilns and evaporators take.

    Too much harms nobody, so it is a flag; ten times too much is `wrong`, an error of units.
    """
    oxide, liquor = _calcined(run)
    if not oxide:
        return
    given, most = process_heat(run.fuel_parts), oxide * HEAT_OF_OXIDE[1] + divide(liquor * HEAT_OF_LIQUOR[1], SCALE)
    if given > most and (given > most * UNIT_ERROR) is wrong:
        yield _kiln("rule.e-calc", given, most, oxide)


def _kiln(code: str, given: int, bound: int, oxide: int) -> Problem:
    found, possible = (figure_text(divide(energy * SCALE, oxide)) for energy in (given, bound))
    return Problem.at(code, "fuels", found=found, possible=possible)


def _calcined(run: Inventory) -> tuple[int, int]:
    """Return the oxide (scaled kg) of a run that may calcine, and the liquor that it evaporates; else nothing."""
    if run.step not in PRECIPITATING or not run.tables.fuels.families:
        return 0, 0
    oxide = sum(item.net_mass_mg for item in run.products_of("oxide")) * (SCALE // 10**6)
    liquor = "0" if run.water is None else run.water.evaporator or "0"
    return oxide, trillionths(liquor) * KG_PER_M3
