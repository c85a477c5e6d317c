"""Gases that a run hides: by another name (Q-GAS), as a salt or goods (C-RUN), as biogenic (B-TAG), as air (G-FREE).

Rules: a direct line without `gas` is in the balance only.  It is refused if its name or its elements are those of a gas
that has a global warming potential.  Acid drives the carbon of carbonates off, so carbon in a waste that is more than
the organic materials brought is shown unless somebody weighed it.

This module does not judge how much was given off (`ledger.plausibility.completeness`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import CONVENTION
from ledger.footprint.lines import fuel_use
from ledger.footprint.masses import FORMULA_OF_GAS, compound_elements, emitted, figure_text, in_material, moles
from ledger.plausibility.accounting import BIOGENIC
from ledger.plausibility.amounts import bought, counted
from schemas.inventory import READ
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import DirectLine

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

_NO_AIR: Final = (("N", "nitrogen", SCALE * 9 // 10), ("Ar", "argon", SCALE // 10))
"""Air has 0.755 of its mass of nitrogen and 0.013 of argon; what has more than this was taken out of it."""
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
        (index, line, elements["C"])
        for index, (line, elements) in enumerate(zip(run.waste.lines, run.elements_of_wastes, strict=True))
        if elements.get("C") and line.basis not in READ
    ]
    if not lines or not counted(run, "acid"):
        return
    mineral = sum(each.get("C", 0) for _, _, each in bought(run) if _is_carbonate(each))
    mineral += sum(item.elements.get("C", 0) for item in run.incoming if _is_carbonate(item.elements))
    kept = sum(carbon for _, _, carbon in lines) - (run.elements_in.get("C", 0) - mineral)
    if kept * _FIFTIETH > mineral:
        index, line, _ = max(lines, key=lambda each: each[2])
        yield Problem.at("rule.c-run-kept", f"wastes[{index}]", material=line.name, found=figure_text(kept))


def carbon_caught(run: Inventory) -> Iterator[Problem]:
    """C-RUN, flag: carbon dioxide that leaves as a product or a waste is not given off here, but mostly elsewhere."""
    wastes = enumerate(zip(run.waste.lines, run.elements_of_wastes, strict=True))
    told: list[tuple[str, str, Mapping[str, int]]]
    told = [(f"wastes[{index}]", line.name, elements) for index, (line, elements) in wastes if elements.get("C")]
    told += [(item.place, item.lot, item.elements) for item in run.outgoing if item.elements.get("C")]
    for place, name, elements in told:
        gas = {each: elements.get(each, 0) for each in ("C", "O")}
        if sum(gas.values()) * 10 >= sum(elements.values()) * 9 and _alike(gas, {"C": 1, "O": 2}):
            yield Problem.at("rule.c-run-caught", place, material=name, found=figure_text(sum(gas.values())))


def biogenic_carbon(run: Inventory) -> Iterator[Problem]:
    """B-TAG: no more biogenic carbon leaves as gas than biogenic fuels and materials hold, within 1 %."""
    given_off = [(f"direct[{index}]", line) for index, line in enumerate(run.direct.lines) if line.gas in BIOGENIC]
    held = _biogenic_of_fuels(run) if given_off else 0
    for group, index, factor, _ in run.at_hand if given_off else ():
        if group == "materials" and any(gas in BIOGENIC for gas, _ in factor.values):
            material = run.materials.lines[index]
            if not material.composition:
                return  # what nobody tells the carbon of bounds nothing
            held += in_material(material).get("C", 0)
    found = sum([emitted(line).get("C", 0) for _, line in given_off])
    if 0 < held * 101 < found * 100:  # without any, `accounting.biogenic` refuses it
        place, line = given_off[0]
        facts = {"found": figure_text(found), "possible": figure_text(held)}
        yield Problem.at("rule.b-tag-more", place, substance=line.substance, **facts)


def _biogenic_of_fuels(run: Inventory) -> int:
    """Return the carbon that biogenic fuels give off when they burn (scaled kg)."""
    total = 0
    for line in run.fuels.lines:
        if line.value is None:
            use = fuel_use(line)
            values = [(gas, divide(use.amount * each, use.scale)) for gas, each in run.tables.factor(use.factor).values]
        else:
            values = [(each.gas, trillionths(each.mass_kg)) for each in line.value]
        total += sum([compound_elements(FORMULA_OF_GAS[gas], mass)["C"] for gas, mass in values if gas in BIOGENIC])
    return total


def free_gases(run: Inventory) -> Iterator[Problem]:
    """G-FREE, flag: argon and pure nitrogen are no air; somebody took air apart to get them."""
    for group, index, factor, _ in run.at_hand:
        if group != "materials" or factor.boundary != CONVENTION:
            continue
        line = run.materials.lines[index]
        held = dict(line.composition)
        for element, name, least in _NO_AIR:
            if trillionths(held.get(element, "0")) > least:
                yield Problem.at("rule.g-free-gas", f"materials[{index}]", material=line.name, found=name)


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
