"""Rules of physics and chemistry: what no plant can do, in moles and kg.

Rules: each function takes an `Inventory` and yields a `Problem` for each breach, with the place, the figure found and
the possible figure. It yields nothing for a step that it does not apply to.  `ledger.plausibility.rules` lists the
limits and their sources.

This module does not judge accounting (`ledger.plausibility.accounting`) or a whole chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.composition import SUM_TOLERANCE
from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, of, re_mass
from ledger.factors.boundary import BURNT
from ledger.footprint.lines import burnt_energy, factor_uses
from ledger.footprint.masses import (
    KG_PER_M3,
    figure_text,
    joined_masses,
    kmol_text,
    milligram_text,
    moles,
    rare_parts,
    water_elements,
    water_in,
    water_out,
)
from ledger.plausibility.divisors import magnet_class
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import FuelLine

MEDIA: Final = ("H", "C", "N", "O")
"""Elements of air, water and reagents: balanced only if a run declares its water."""
_OF_WATER: Final = ("H", "O")
_FIFTIETH: Final = 50
"""Water is estimated, and air takes part unseen: their elements agree within 2 % (set here)."""

_CHARGES: Final[Mapping[str, int]] = {
    **dict.fromkeys(RARE_EARTHS, 3), "Ce": 4, "Pr": 4, "Tb": 4,
    **dict.fromkeys(("H", "Li", "Na", "K"), 1), **dict.fromkeys(("Mg", "Ca", "Sr", "Ba", "Cu", "Zn", "Ni", "Pb"), 2),
    **dict.fromkeys(("B", "Al", "Fe", "Co", "Ga", "Cr"), 3), **dict.fromkeys(("C", "Si", "Ti", "Zr", "Mn", "Th"), 4),
    **dict.fromkeys(("P", "V", "Nb", "Ta"), 5), **dict.fromkeys(("S", "Mo", "W", "U"), 6),
    "O": -2, "N": -3, **dict.fromkeys(("F", "Cl", "Br", "I"), -1),
}  # fmt: skip
"""Charge of each element in its highest oxide that a kiln makes, nitrogen as ammonia (textbook chemistry)."""

DISSOLVING: Final = ("separation", "hydrometallurgical-recycling")
PRECIPITATING: Final = ("separation", "hydrometallurgical-recycling", "in-situ-leaching")

_PRECIPITANT: Final = frozenset({"C", "N", "Na", "K", "Mg", "Ca"})
_CO2: Final = ("CO2-fossil", "CO2-biogenic")
_HALF_PERCENT: Final = 200
_TRACE: Final = SCALE // 1000
_ASSAY: Final = 2
_MILLION: Final = 10**6
_MILLIGRAM: Final = SCALE // 10**6
_FIVE_PERCENT: Final = 20


def element_balance(run: Inventory) -> Iterator[Problem]:
    """M-ELEM: no more of an element leaves than came in, within the tolerance of its assay.

    Air gives the oxygen that goods and materials take up when they burn, roast, rust or react, and no line needs to
    tell it (`oxygen_of_air`).
    """
    came = joined_masses(run.elements_in, fresh_water(run))
    for element, mass in run.elements_out.items():
        mass_in = came.get(element, 0)
        if element == "O" and mass > mass_in:
            mass_in += oxygen_of_air(goods_of(run))
        if mass <= mass_in or (element in MEDIA and (run.water is None or element in run.untracked)):
            continue
        if mass > mass_in + (mass_in // _FIFTIETH if element in _OF_WATER else tolerance(run, element)):
            yield _without_source(run, element, found=milligram_text(mass), possible=milligram_text(mass_in))


def goods_of(run: Inventory) -> list[Mapping[str, int]]:
    """Return the element masses of each certified input and each material."""
    return [*(item.elements for item in run.incoming), *run.elements_of_materials]


def oxygen_of_air(goods: Iterable[Mapping[str, int]]) -> int:
    """Return the oxygen (of kg) that some goods take up until all is in its highest oxide: air cannot add more.

    Each counts by the charge that its oxygen, nitrogen and halogens do not hold: none of a carbonate, an oxide, water
    or an acid, three halves of an oxygen for each iron, two for each carbon of a fuel, an anode or an oil.
    """
    open_charge = sum(max(0, _open_charge(elements)) for elements in goods)
    return open_charge // (2 * moles({"O": 1}, "O"))


def _open_charge(elements: Mapping[str, int]) -> int:
    return sum([moles(elements, element) * _CHARGES.get(element, 0) for element in elements])


def _without_source(run: Inventory, element: str, *, found: str, possible: str) -> Problem:
    """Return the problem of an element without a source; materials without a composition are named."""
    unseen = [line.name for line in run.materials.lines if not line.composition]
    if not unseen:
        return Problem.at("rule.m-elem", "outputs", element=element, found=found, possible=possible)
    named = ", ".join(unseen)
    return Problem.at("rule.m-elem-unseen", "outputs", element=element, found=found, possible=possible, material=named)


def fresh_water(run: Inventory) -> Mapping[str, int]:
    """Return the elements of fresh water that the water balance tells and no material does: a river has no factor."""
    if run.water is None:
        return {}
    told = sum([sum(each.values()) for each in run.elements_of_materials if each.keys() == {"H", "O"}])
    untold = trillionths(run.water.fresh) - divide(told, KG_PER_M3)
    return water_elements(untold) if untold > 0 else {}


def tolerance(run: Inventory, element: str) -> int:
    """Return the tolerance of an element's balance: 0.5 % of its input, or 2e-6 of the run's mass for a trace."""
    share = run.elements_in.get(element, 0) // _HALF_PERCENT
    declared = [item.fractions[element] for item in run.outgoing if element in item.fractions]
    if max(declared, default=0) >= _TRACE:
        return share
    return max(share, run.mass_in * _ASSAY // _MILLION)


def composition_sum(run: Inventory) -> Iterator[Problem]:
    """M-SUM: a composition sums to 1 within 0.005; an emission or a waste holds no more than it weighs."""
    for item in run.outgoing:
        total = sum(item.fractions.values())
        if abs(total - SCALE) > SUM_TOLERANCE:
            yield Problem.at("rule.m-sum", f"{item.place}.composition", total=trillionths_text(total))
    for index, line in enumerate(run.materials.lines):
        if not line.composition:
            continue
        total = sum([trillionths(fraction) for _, fraction in line.composition])
        if abs(total - SCALE) > SUM_TOLERANCE:
            yield Problem.at("rule.m-sum", f"materials[{index}].composition", total=trillionths_text(total))
    for place, mass, elements in _given_away(run):
        if elements * SCALE > mass * (SCALE + SUM_TOLERANCE):
            total = divide(elements * SCALE, mass) if mass else elements
            yield Problem.at("rule.m-sum", f"{place}.elements", total=trillionths_text(total))


def _given_away(run: Inventory) -> Iterator[tuple[str, int, int]]:
    """Yield each emission and each waste that names elements: its place, its mass, and theirs (both scaled kg)."""
    for index, line in enumerate(run.direct.lines):
        if line.elements:
            yield f"direct[{index}]", trillionths(line.mass_kg), sum([trillionths(mass) for _, mass in line.elements])
    for index, (waste, elements) in enumerate(zip(run.waste.lines, run.elements_of_wastes, strict=True)):
        if elements:
            yield f"wastes[{index}]", trillionths(waste.mass_kg), sum(elements.values())


def fuel_carbon(run: Inventory) -> Iterator[Problem]:
    """C-BAL: 1 kg of fuel gives off at most the CO2 of 1 kg of carbon, or exactly that of its stated carbon."""
    by_mass = [line.value is None and (line.unit == "kg" or line.carbon_kg is not None) for line in run.fuels.lines]
    if not any(by_mass):
        return
    due = of(SCALE, CO2_PER_CARBON)
    for index, (line, fuel) in enumerate(zip(run.fuels.lines, factor_uses(run.fuels), strict=True)):
        if not by_mass[index]:
            continue
        factor = run.tables.factor(line.factor)
        each = sum(value for gas, value in factor.values if gas in _CO2)
        if line.carbon_kg is not None and each != due:
            yield Problem.at(
                "rule.c-bal-carbon",
                f"fuels[{index}]",
                factor=factor.id,
                found=trillionths_text(each),
                possible=trillionths_text(due),
            )
        mass = trillionths(line.amount) if line.unit == "kg" else 0
        carbon_dioxide = divide(fuel.amount * each * SCALE, fuel.scale * mass) if mass else 0
        if carbon_dioxide > due:
            possible = trillionths_text(due)
            yield Problem.at("rule.c-bal", f"fuels[{index}]", found=trillionths_text(carbon_dioxide), possible=possible)


def fuel_oxidation(run: Inventory) -> Iterator[Problem]:
    """C-BAL: unburnt fuel was found in ash or soot, not assumed."""
    for index, line in enumerate(run.fuels.lines):
        if line.oxidation not in {None, "1"} and line.basis == "assumed":
            yield Problem.at("rule.c-bal-oxidation", f"fuels[{index}]", found=line.oxidation)


def calcination_energy(run: Inventory) -> Iterator[Problem]:
    """E-CALC: calcination of an oxide takes 3 to 60 MJ/kg; the lower bound counts electricity too."""
    if run.step not in PRECIPITATING:
        return
    oxide = sum(item.net_mass_mg for item in run.products_of("oxide")) * _MILLION
    heat = sum(map(burnt_energy, burnt(run)))
    if not oxide:
        return
    yield from calcination(oxide, heat, run.kwh)


def calcination(oxide: int, heat: int, kwh: int) -> Iterator[Problem]:
    """Judge heat (scaled MJ) and electricity (scaled kWh) for a mass of oxide (scaled kg)."""
    each = divide(heat * SCALE, oxide)
    with_power = divide((heat + kwh * 36 // 10) * SCALE, oxide)
    if each > 60 * SCALE:
        yield Problem.at("rule.e-calc", "fuels", found=figure_text(each), possible="60")
    if with_power < 3 * SCALE:
        yield Problem.at("rule.e-calc-low", "fuels", found=figure_text(with_power), possible="3")


def precipitant(run: Inventory) -> Iterator[Problem]:
    """P-PRECIP: 2 RE need 3 oxalate, 6 bicarbonate, 3 carbonate or 6 hydroxide; several routes add up."""
    if run.step not in PRECIPITATING:
        return
    needed = 3 * rare_parts(run.made_of("oxide", "mixed-compound"))
    equivalents = sum(map(precipitant_moles, run.elements_of_materials))
    if equivalents < needed:
        yield Problem.at("rule.p-precip", "materials", found=kmol_text(equivalents), possible=kmol_text(needed))


def precipitant_moles(elements: Mapping[str, int]) -> int:
    """Return the equivalents that a material with these element masses can precipitate, 3 for each RE.

    The unit is that of `moles`, parts of a kmol.  Oxidised carbon (at least 1.9 O for each C) is oxalate, bicarbonate
    or carbonate: 1 for each C, 2 if each C has two cations (Na2CO3).  Na, K and half of Mg and Ca without carbon are
    hydroxide or oxide: 1 for each charge.
    """
    if _PRECIPITANT.isdisjoint(elements):
        return 0
    carbon = moles(elements, "C")
    cations = moles(elements, "N", "Na", "K") + 2 * moles(elements, "Mg", "Ca")
    if carbon == 0:
        return cations - moles(elements, "N") if moles(elements, "O") and not moles(elements, "Cl", "S") else 0
    if moles(elements, "O") * 10 < carbon * 19:
        return 0
    return carbon * (2 if cations * 2 >= carbon * 3 else 1)


def acid(run: Inventory) -> Iterator[Problem]:
    """P-ACID: each RE dissolved needs 3 HCl, unless a sulphate or nitrate route is declared."""
    if run.step not in DISSOLVING:
        return
    if moles(run.elements_in, "S") > moles(run.elements_in, "Cl") or _has_nitric_acid(run):
        return
    needed = 3 * rare_parts(run.made_of("oxide", "mixed-compound"))
    chlorine_in = moles(run.elements_in, "Cl")
    if chlorine_in < needed:
        yield Problem.at("rule.p-acid", "materials", found=kmol_text(chlorine_in), possible=kmol_text(needed))


def water_balance(run: Inventory) -> Iterator[Problem]:
    """W-BAL: no more water left than came in or was formed; if less left, consumption is partial (`indicators`)."""
    if run.water is not None and water_out(run.water) > water_in(run.water):
        found, possible = water_out(run.water), water_in(run.water)
        yield Problem.at("rule.w-bal", "water", found=trillionths_text(found), possible=trillionths_text(possible))


def chloride_balance(run: Inventory) -> Iterator[Problem]:
    """CL-BAL, flag: chloride in equals chloride out within 5 %."""
    given, found = run.elements_in.get("Cl", 0), run.elements_out.get("Cl", 0)
    if run.step in DISSOLVING and abs(given - found) * _FIVE_PERCENT > given:
        yield Problem.at("rule.cl-bal", "materials", found=milligram_text(found), possible=milligram_text(given))


def magnet_composition(run: Inventory) -> Iterator[Problem]:
    """M-TRE, flag: sintered NdFeB has 27 to 35 % rare earth and 0.85 to 1.2 % boron."""
    for item in run.products_of("magnet"):
        rare = re_mass(item.fractions)
        if not _within(rare, 2700, 3500) or not _within(item.fractions.get("B", 0), 85, 120):
            yield Problem.at("rule.m-tre", item.place, found=trillionths_text(rare))


def neodymium_magnets(run: Inventory) -> Iterator[Problem]:
    """M-TRE, flag: as `magnet_composition`, but SmCo and bonded magnets have windows of their own (V-PROD)."""
    others = {
        item.place
        for item in run.products_of("magnet")
        if item.fractions.get("Co", 0) > item.fractions.get("Fe", 0) or magnet_class(item) == "bonded"
    }
    return (problem for problem in magnet_composition(run) if problem.place not in others)


def hydrogen_alloy(run: Inventory) -> Iterator[Problem]:
    """M-AB5, flag: a rare-earth nickel alloy has 30 to 36 % rare earth, and 4.6 to 5.4 other atoms for each of them."""
    for item in run.products_of("alloy"):
        if item.fractions.get("Ni", 0) < SCALE // 4:
            continue
        metals = [element for element in item.fractions if element not in (*RARE_EARTHS, *MEDIA)]
        others, atoms = moles(item.fractions, *metals), rare_parts(item.fractions)
        rare = re_mass(item.fractions)
        if not _within(rare, 3000, 3600) or not 46 * atoms <= 10 * others <= 54 * atoms:
            yield Problem.at("rule.m-ab5", item.place, found=trillionths_text(rare))


# -- small measures -----------------------------------------------------------------------------------------------


def burnt(run: Inventory) -> Iterator[FuelLine]:
    """Yield the fuels burnt at the plant, and those that only the plant can report."""
    for line in run.fuels.lines:
        if line.value is not None or run.tables.factor(line.factor).boundary in BURNT:
            yield line


def _has_nitric_acid(run: Inventory) -> bool:
    """Return whether a material holds nitrate: nitrogen with oxygen, without carbon and sulphur."""
    lines = run.elements_of_materials
    return any(line.get("N") and line.get("O") and not line.get("C") and not line.get("S") for line in lines)


def _within(fraction: int, low: int, high: int) -> bool:
    """Return whether a scaled fraction lies between two numbers of 1/10,000."""
    return low * SCALE <= fraction * 10_000 <= high * SCALE
