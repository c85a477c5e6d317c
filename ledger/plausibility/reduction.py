"""Rules about metal: only a reduction makes metal from oxide, with power and an anode, or with another metal.

Rules: as in `ledger.plausibility.physics`.  This module judges no other step.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial
from math import lcm
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, anode_carbon_floor, electrolysis_floor, of
from ledger.factors.grid import weight
from ledger.footprint.emissions import PFCS, gas_carbon, net_anode_carbon
from ledger.footprint.masses import (
    figure_text,
    joined_masses,
    kmol_text,
    metal_parts,
    milligram_text,
    rare_earths,
    rare_parts,
    reducing_charge,
)
from schemas.determination import Default, Measured, Slope
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import DirectLine

REDUCTION: Final = ("oxide-electrolysis", "metallothermic-reduction")
ORE: Final = ("ore", "concentrate")
DISSOLVING: Final = (
    "in-situ-leaching",
    "acid-roasting",
    "hydrochloric-leaching",
    "chlorination",
    "alkaline-cracking",
    "separation",
    "hydrometallurgical-recycling",
    *REDUCTION,
)
"""Steps that make compounds from ore; the reduction of concentrate has its own rules."""

CARBON_OXIDES: Final = ("CO2-fossil", "CO")
"""The gases that an anode's carbon becomes, besides perfluorocarbons."""

SLAG: Final = ("Ca", "Mg", "F", "Cl")
"""Elements in the slag of a metallothermic reduction: the air takes none of them."""

TYPICAL_KWH: Final = 5
"""Electricity of an efficient typical cell, kWh per kg of rare earth (rule G-FLOOR)."""

BURDENS_KEPT: Final = 1024
"""The number of least needs in each cache: some groups of elements at some dozens of grid factors."""

_ASSAY: Final = 2
_HALF_PERCENT: Final = 200
_TWENTIETH: Final = 20
_MILLION: Final = 10**6
_MILLIGRAM: Final = SCALE // 10**6


def metal_from_oxide(run: Inventory) -> Iterator[Problem]:
    """M-OXMET: a reduction puts out no more of any rare earth as metal than was charged; no tolerance."""
    if run.step not in REDUCTION:
        return
    for element, mass in run.metal_rare_earths.items():
        charged = run.elements_in.get(element, 0)
        if mass > charged and mass > run.mass_in * _ASSAY // _MILLION:
            yield Problem.at(
                "rule.m-oxmet", "outputs", element=element, found=milligram_text(mass), possible=milligram_text(charged)
            )


def metal_from_metal(run: Inventory) -> Iterator[Problem]:
    """M-OXMET: outside reduction, no more rare earth leaves as metal than came in as metal, within 0.5 %."""
    if run.step in REDUCTION:
        return
    metal_out = sum(metal_parts(item.elements) for item in run.outgoing)
    if not metal_out:
        return
    metal_in = sum(metal_parts(item.elements) for item in run.incoming)
    metal_in += sum(map(metal_parts, run.elements_of_materials))
    # an oxide that is not quite one by rounding is within 0.5 % of all rare earth that left
    if (metal_out - metal_in) * _HALF_PERCENT > rare_parts(run.product_elements):
        found, possible = kmol_text(metal_out), kmol_text(metal_in)
        yield Problem.at("rule.m-oxmet-step", "outputs", found=found, possible=possible, step=run.step)


def oxide_from_ore(run: Inventory) -> Iterator[Problem]:
    """M-OXMET: outside cracking, leaching, separation and recycling, the rare earth in oxides does not grow."""
    if run.step in DISSOLVING:
        return
    ore = [item for item in run.incoming if item.kind in ORE]
    held = joined_masses(*[rare_earths(item.elements) for item in ore])
    for element, mass in rare_earths(run.made_of("oxide", "mixed-compound")).items() if held else ():
        charged = run.elements_in.get(element, 0)
        possible = charged - held.get(element, 0)
        if mass > possible + charged // _HALF_PERCENT:
            yield Problem.at(
                "rule.m-oxmet-ore",
                "outputs",
                element=element,
                found=milligram_text(mass),
                possible=milligram_text(possible),
                step=run.step,
            )


def reductant(run: Inventory) -> Iterator[Problem]:
    """M-RED: a metallothermic reduction makes no more metal than its reductant can reduce, within 0.5 %."""
    if run.step != "metallothermic-reduction":
        return
    charge_out = sum(reducing_charge(item.elements) for item in run.outgoing)
    charge_in = sum(reducing_charge(item.elements) for item in run.incoming)
    charge_in += sum(map(reducing_charge, run.elements_of_materials))
    if (charge_out - charge_in) * _HALF_PERCENT > charge_in:
        yield Problem.at("rule.m-red", "materials", found=kmol_text(charge_out), possible=kmol_text(charge_in))


def slag(run: Inventory) -> Iterator[Problem]:
    """M-RED: the reductant, and the fluorine or chlorine that it bound, left in slag or product, within 5 %.

    Slag is weighed in lumps, and dust is lost: no plant closes this balance to half a percent (set here, as CL-BAL).
    """
    if run.step != "metallothermic-reduction":
        return
    for element in SLAG:
        given, found = run.elements_in.get(element, 0), run.elements_out.get(element, 0)
        if (given - found) * _TWENTIETH > given:
            yield Problem.at(
                "rule.m-red-slag",
                "wastes",
                element=element,
                found=milligram_text(found),
                possible=milligram_text(given),
            )


def electrolysis_energy(run: Inventory) -> Iterator[Problem]:
    """E-ELY: an electrolysis takes at least the electricity of the decomposition voltage."""
    if run.step == "oxide-electrolysis":
        floor = energy_floor(run.metal_rare_earths)
        if run.kwh < floor:
            yield Problem.at("rule.e-ely", "electricity", found=figure_text(run.kwh), possible=figure_text(floor))


def energy_floor(metal: Mapping[str, int]) -> int:
    """Return the least electricity (scaled kWh) for these masses of rare-earth metal (scaled kg)."""
    return floor_of(metal, electrolysis_floor)


def floor_of(metal: Mapping[str, int], each: Callable[[str], Fraction]) -> int:
    """Return the sum of masses (scaled kg) times `each`, the need per kg of an element, rounded once."""
    needs, whole = _needs(tuple(metal), each)
    return divide(sum([mass * need for mass, need in zip(metal.values(), needs, strict=True)]), whole)


@lru_cache(BURDENS_KEPT)
def _needs(elements: tuple[str, ...], each: Callable[[str], Fraction]) -> tuple[tuple[int, ...], int]:
    """Return what 1 kg of each element needs, over one denominator; a plant makes the same metals run after run."""
    ratios = [each(element).as_integer_ratio() for element in elements]
    whole = lcm(*[denominator for _, denominator in ratios])
    return tuple([numerator * (whole // denominator) for numerator, denominator in ratios]), whole


def electrolysis_energy_range(run: Inventory) -> Iterator[Problem]:
    """E-ELY, flag: cells take 5 to 14 kWh per kg of rare earth."""
    if run.step == "oxide-electrolysis" and (metal := sum(run.metal_rare_earths.values())):
        each = divide(run.kwh * SCALE, metal)
        if not 5 * SCALE <= each <= 14 * SCALE:
            yield Problem.at("rule.e-ely-range", "electricity", found=figure_text(each))


def anode_carbon(run: Inventory) -> Iterator[Problem]:
    """C-ELY: carbon in the emitted CO2 and CO is at least what the oxide's oxygen takes, and at most the anode's.

    If the CO2 is a default, nobody knows the anode's carbon.
    """
    if run.step != "oxide-electrolysis":
        return
    anode = net_anode_carbon(run.direct)
    given_off = gas_carbon(run.direct, CARBON_OXIDES)
    floor = carbon_floor(run.metal_rare_earths)
    if given_off < floor:
        yield Problem.at("rule.c-ely-floor", "direct", found=milligram_text(given_off), possible=milligram_text(floor))
    if any(line.gas in CARBON_OXIDES and isinstance(line.method, Default) for line in run.direct.lines):
        return
    if anode is None:
        yield Problem.at("rule.c-ely-anode", "anode_carbon")
    elif given_off > anode + _MILLIGRAM:
        yield Problem.at("rule.c-ely", "direct", found=milligram_text(given_off), possible=milligram_text(anode))


def carbon_floor(metal: Mapping[str, int]) -> int:
    """Return the least anode carbon (scaled kg) that the oxides of these masses of metal take as CO2."""
    return floor_of(metal, anode_carbon_floor)


def anode_co2_range(run: Inventory) -> Iterator[Problem]:
    """C-ELY, flag: cells emit 0.16 to 0.75 kg CO2 per kg of rare earth."""
    if run.step == "oxide-electrolysis" and (metal := sum(run.metal_rare_earths.values())):
        each = divide(of(gas_carbon(run.direct, CARBON_OXIDES), CO2_PER_CARBON) * SCALE, metal)
        if not 16 * SCALE // 100 <= each <= 75 * SCALE // 100:
            yield Problem.at("rule.c-ely-range", "direct", found=figure_text(each))


def perfluorocarbons(run: Inventory) -> Iterator[Problem]:
    """F-PFC: each perfluorocarbon is measured, computed or monitored as 0; its carbon comes from the anode."""
    if run.step != "oxide-electrolysis":
        return
    lines = {line.gas: line for line in run.direct.lines if line.gas in PFCS}
    if "CF4" not in lines:
        yield Problem.at("rule.f-pfc", "direct")
    for index, line in enumerate(run.direct.lines):
        if line.gas in PFCS:
            yield from _determined(run, line, f"direct[{index}]")
    missing = [gas for gas in _owed(run, lines.get("CF4")) if gas not in lines]
    if missing:
        yield Problem.at("rule.f-pfc-gas", "direct", gas=", ".join(missing))
    anode = net_anode_carbon(run.direct)
    carbon = gas_carbon(run.direct, PFCS)
    if anode is not None and carbon > anode:
        yield Problem.at("rule.f-pfc-carbon", "direct", found=milligram_text(carbon), possible=milligram_text(anode))


def _determined(run: Inventory, line: DirectLine, place: str) -> Iterator[Problem]:
    """Check one perfluorocarbon's determination: it covers all the metal; only a monitor can report none."""
    match line.method:
        case Measured(continuous=True):
            return
        case Slope(metal_kg=metal) | Default(mass_kg=metal):
            made = sum(run.metal_rare_earths.values())
            if trillionths(metal) < made:
                yield Problem.at("rule.f-pfc-metal", place, found=f"{metal} kg", possible=milligram_text(made))
        case None if line.basis != "metered":
            yield Problem.at("rule.f-pfc-method", place, gas=str(line.gas))
    if not trillionths(line.mass_kg):
        yield Problem.at("rule.f-pfc", place)


def _owed(run: Inventory, line: DirectLine | None) -> tuple[str, ...]:
    """Return the gases that must accompany CF4: those of its default; C2F6 if it was computed."""
    match line.method if line else None:
        case Default(factor=factor):
            return tuple(gas for gas, each in run.tables.factor(factor).values if gas in PFCS and each)
        case Slope():
            return ("C2F6",)
        case _:
            return ()


def process_floor(run: Inventory, *, typical: bool) -> Iterator[Problem]:
    """G-FLOOR: electrolysed metal carries at least its electricity at the grid's factor and its anode's CO2."""
    if run.shared is None or run.step != "oxide-electrolysis" or not run.power.lines:
        return
    factor = run.tables.factor(run.power.lines[0].factor)
    each = weight(factor, run.tables, run.gwp)
    for item, output in zip(run.outgoing, run.shared.outputs, strict=True):
        metal = rare_earths(item.elements)
        floor = process_floor_of(metal, each, typical=typical)
        if item.allocated and output.total.location < floor:
            code = "rule.g-floor-typical" if typical else "rule.g-floor"
            yield Problem.at(
                code, item.place, found=trillionths_text(output.total.location), possible=trillionths_text(floor)
            )


def process_floor_of(metal: Mapping[str, int], grid: int, *, typical: bool = False) -> int:
    """Return the least kg CO2e (scaled) of these masses of electrolysed metal, rounded once.

    `grid` is the factor of the grid (scaled, per kWh).
    """
    return floor_of(metal, _burdens(grid, typical))


@lru_cache(BURDENS_KEPT)
def _burdens(grid: int, typical: bool) -> Callable[[str], Fraction]:
    """Return the burdens at a grid's factor: one function for each, by which `_needs` knows them again."""
    return partial(_burden, grid=grid, typical=typical)


def _burden(element: str, *, grid: int, typical: bool) -> Fraction:
    """Return the exact kg CO2e of 1 kg of an element."""
    kwh = TYPICAL_KWH if typical else electrolysis_floor(element)
    return kwh * Fraction(grid, SCALE) + anode_carbon_floor(element) * CO2_PER_CARBON
