"""Gases that a run hides: one by another name (Q-GAS), and carbon dioxide told as a salt (C-RUN).

Rules: a direct line without `gas` is in the balance only.  It is refused if its name or its elements are those of a gas
that has a global warming potential.  Acid drives the carbon of carbonates off, so carbon in a waste that is more than
the organic materials brought is shown unless somebody weighed it.

This module does not judge how much was given off (`ledger.plausibility.completeness`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.footprint.masses import figure_text, moles
from ledger.plausibility.amounts import bought, counted
from ledger.plausibility.completeness import MEASURED
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import DirectLine, WasteLine

NAMES: Final[Mapping[str, str]] = {
    "co2": "CO2-fossil",
    "carbondioxide": "CO2-fossil",
    "carbonicacidgas": "CO2-fossil",
    "co": "CO",
    "carbonmonoxide": "CO",
    "ch4": "CH4-fossil",
    "methane": "CH4-fossil",
    "n2o": "N2O",
    "nitrousoxide": "N2O",
    "dinitrogenmonoxide": "N2O",
    "dinitrogenoxide": "N2O",
    "laughinggas": "N2O",
    "cf4": "CF4",
    "tetrafluoromethane": "CF4",
    "carbontetrafluoride": "CF4",
    "pfc14": "CF4",
    "r14": "CF4",
    "c2f6": "C2F6",
    "hexafluoroethane": "C2F6",
    "pfc116": "C2F6",
    "r116": "C2F6",
    "c3f8": "C3F8",
    "octafluoropropane": "C3F8",
    "perfluoropropane": "C3F8",
    "pfc218": "C3F8",
    "r218": "C3F8",
    "sf6": "SF6",
    "sulphurhexafluoride": "SF6",
    "sulfurhexafluoride": "SF6",
    "nf3": "NF3",
    "nitrogentrifluoride": "NF3",
    "hfc23": "HFC-23",
    "r23": "HFC-23",
    "hfc32": "HFC-32",
    "r32": "HFC-32",
    "hfc125": "HFC-125",
    "r125": "HFC-125",
    "hfc134a": "HFC-134a",
    "r134a": "HFC-134a",
    "hfc143a": "HFC-143a",
    "r143a": "HFC-143a",
    "hfc152a": "HFC-152a",
    "r152a": "HFC-152a",
    "hfc227ea": "HFC-227ea",
    "r227ea": "HFC-227ea",
}
"""Names of gases in small letters and digits alone."""

FORMULAS: Final[tuple[tuple[str, Mapping[str, int]], ...]] = (
    ("CO2-fossil", {"C": 1, "O": 2}),
    ("CO", {"C": 1, "O": 1}),
    ("CH4-fossil", {"C": 1, "H": 4}),
    ("N2O", {"N": 2, "O": 1}),
    ("SF6", {"S": 1, "F": 6}),
    ("NF3", {"N": 1, "F": 3}),
)
"""Gases that their elements tell, within 2 %; what is carbon and fluorine alone, or with hydrogen, is told by these."""

_FIFTIETH: Final = 50
_SAME: Final = re.compile(r"[^a-z0-9]+")


def named_gases(run: Inventory) -> Iterator[Problem]:
    """Q-GAS: a direct line whose substance has a global warming potential names its gas."""
    for index, line in enumerate(run.direct.lines):
        if line.gas is None and (gas := _gas_of(line)) is not None:
            yield Problem.at("rule.q-gas", f"direct[{index}].gas", found=line.substance, possible=gas)


def carbon_kept(run: Inventory) -> Iterator[Problem]:
    """C-RUN, flag: where acid is used, carbon of carbonates stays in no salt that nobody weighed."""
    lines = [
        (index, line, carbon)
        for index, line in enumerate(run.waste.lines)
        if line.basis not in MEASURED and (carbon := _carbon(line))
    ]
    if not lines or not counted(run, "acid"):
        return
    mineral = sum(each.get("C", 0) for _, _, each in bought(run) if _is_carbonate(each))
    mineral += sum(item.elements.get("C", 0) for item in run.incoming if _is_carbonate(item.elements))
    kept = sum(carbon for _, _, carbon in lines) - (run.elements_in.get("C", 0) - mineral)
    if kept * _FIFTIETH > mineral:
        index, line, _ = max(lines, key=lambda each: each[2])
        yield Problem.at("rule.c-run-kept", f"wastes[{index}]", material=line.name, found=figure_text(kept))


def _carbon(line: WasteLine) -> int:
    return sum(trillionths(mass) for element, mass in line.elements if element == "C")


def _is_carbonate(elements: Mapping[str, int]) -> bool:
    """Return whether the carbon is that of a carbonate: a salt with three O for each C; oxalic acid is none."""
    if "C" not in elements:
        return False
    return 0 < 5 * moles(elements, "C") <= 2 * moles(elements, "O") and not elements.keys() <= {"C", "H", "O"}


def _gas_of(line: DirectLine) -> str | None:
    name = NAMES.get(_SAME.sub("", line.substance.lower()))
    return name or _by_elements({element: trillionths(mass) for element, mass in line.elements})


def _by_elements(elements: Mapping[str, int]) -> str | None:
    held = {element for element, mass in elements.items() if mass}
    if {"C", "F"} <= held <= {"C", "F", "H"}:
        return "CF4" if "H" not in held else "HFC-134a"
    return next((gas for gas, formula in FORMULAS if held == set(formula) and _alike(elements, formula)), None)


def _alike(elements: Mapping[str, int], formula: Mapping[str, int]) -> bool:
    """Return whether two elements stand in the ratio of a formula, within 2 %."""
    (one, n), (other, m) = formula.items()
    left, right = moles(elements, one) * m, moles(elements, other) * n
    return abs(left - right) * _FIFTIETH <= max(left, right)
