"""Rules of physics and chemistry: what no plant can do, judged in moles and kg of what is really there.

Rules: each function takes an `Inventory` and yields a `Problem` for every breach: where it is, the figure found and the
figure possible.  It names the step it applies to by applying to nothing else.  Limits and their sources stand in the
table of `ledger.footprint.rules`.

What this module does not do: rules of accounting (`ledger.footprint.accounting`), or rules about a whole chain.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from ledger.chemistry.composition import SUM_TOLERANCE
from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, anode_carbon_floor, electrolysis_floor, of
from ledger.footprint.inventory import emitted, masses, rare_earths, water_in, water_out
from ledger.footprint.lines import BURNT
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.run import FuelLine

MEDIA: Final = ("H", "C", "N", "O")
"""Elements that air, water and reagents carry: balanced only where a run declares its water."""

REDUCTION: Final = ("oxide-electrolysis", "metallothermic-reduction")
DISSOLVING: Final = ("separation", "hydrometallurgical-recycling")
PRECIPITATING: Final = ("separation", "hydrometallurgical-recycling", "in-situ-leaching")
PFCS: Final = ("CF4", "C2F6", "C3F8")

_HALF_PERCENT: Final = 200
_TRACE: Final = SCALE // 1000
_ASSAY: Final = 2
_MILLION: Final = 10**6
_MILLIGRAM: Final = SCALE // 10**6
_FIVE_PERCENT: Final = 20


def element_balance(run: Inventory) -> Iterator[Problem]:
    """M-ELEM: no element leaves that did not come in, within the tolerance of its assay."""
    for element, mass in run.elements_out.items():
        if element in MEDIA and (run.water is None or element in run.untracked):
            continue
        given = run.elements_in.get(element, 0)
        possible = given + tolerance(run, element)
        if mass > possible:
            yield Problem.at("rule.m-elem", "outputs", element=element, found=_kg(mass), possible=_kg(given))


def tolerance(run: Inventory, element: str) -> int:
    """Return how far an element's balance may be off: 0.5 % of its input, or 2e-6 of the run's mass for a trace."""
    share = run.elements_in.get(element, 0) // _HALF_PERCENT
    declared = [item.fractions[element] for item in run.outgoing if element in item.fractions]
    if max(declared, default=0) >= _TRACE:
        return share
    return max(share, run.mass_in * _ASSAY // _MILLION)


def metal_from_oxide(run: Inventory) -> Iterator[Problem]:
    """M-OXMET: in a reduction, no more of any rare earth in the metal than in what was charged; no tolerance."""
    if run.step not in REDUCTION:
        return
    made: dict[str, int] = {}
    for item in run.products_of("metal", "alloy"):
        for element, mass in rare_earths(masses(item.fractions, item.net_mass_mg)).items():
            made[element] = made.get(element, 0) + mass
    for element, mass in made.items():
        charged = run.elements_in.get(element, 0)
        trace = mass <= run.mass_in * _ASSAY // _MILLION
        if mass > charged and not trace:
            yield Problem.at("rule.m-oxmet", "outputs", element=element, found=_kg(mass), possible=_kg(charged))


def composition_sum(run: Inventory) -> Iterator[Problem]:
    """M-SUM: a composition sums to 1 within 0.005."""
    for item in run.outgoing:
        total = sum(item.fractions.values())
        if abs(total - SCALE) > SUM_TOLERANCE:
            yield Problem.at("rule.m-sum", f"{item.place}.composition", total=trillionths_text(total))
    for index, line in enumerate(run.materials.lines):
        total = sum(trillionths(fraction) for _, fraction in line.composition)
        if line.composition and abs(total - SCALE) > SUM_TOLERANCE:
            yield Problem.at("rule.m-sum", f"materials[{index}].composition", total=trillionths_text(total))


def electrolysis_energy(run: Inventory) -> Iterator[Problem]:
    """E-ELY: no electrolysis takes less electricity than the decomposition voltage asks for."""
    if run.step == "oxide-electrolysis":
        floor = energy_floor(_metal_rare_earths(run))
        if run.kwh < floor:
            yield Problem.at("rule.e-ely", "electricity", found=_short(run.kwh), possible=_short(floor))


def energy_floor(metal: Mapping[str, int]) -> int:
    """Return the least electricity (scaled kWh) for rare-earth metal of these masses (scaled kg)."""
    return sum(of(mass, electrolysis_floor(element)) for element, mass in metal.items())


def electrolysis_energy_range(run: Inventory) -> Iterator[Problem]:
    """E-ELY, flag: cells take 5 to 14 kWh for a kg of rare earth."""
    metal = sum(_metal_rare_earths(run).values())
    if run.step == "oxide-electrolysis" and metal:
        each = divide(run.kwh * SCALE, metal)
        if not 5 * SCALE <= each <= 14 * SCALE:
            yield Problem.at("rule.e-ely-range", "electricity", found=_short(each))


def anode_carbon(run: Inventory) -> Iterator[Problem]:
    """C-ELY: carbon given off as CO2 and CO is at least what the oxide's oxygen takes, at most the anode's."""
    if run.step != "oxide-electrolysis":
        return
    if run.direct.anode_carbon_kg is None:
        yield Problem.at("rule.c-ely-anode", "anode_carbon")
        return
    given_off = _gas_carbon(run, ("CO2-fossil", "CO"))
    floor = carbon_floor(_metal_rare_earths(run))
    anode = trillionths(run.direct.anode_carbon_kg)
    if given_off < floor:
        yield Problem.at("rule.c-ely-floor", "direct", found=_kg(given_off), possible=_kg(floor))
    if given_off > anode + _MILLIGRAM:
        yield Problem.at("rule.c-ely", "direct", found=_kg(given_off), possible=_kg(anode))


def carbon_floor(metal: Mapping[str, int]) -> int:
    """Return the least anode carbon (scaled kg) that the oxides of these masses of metal take as CO2."""
    return sum(of(mass, anode_carbon_floor(element)) for element, mass in metal.items())


def anode_co2_range(run: Inventory) -> Iterator[Problem]:
    """C-ELY, flag: cells give off 0.16 to 0.75 kg CO2 for a kg of rare earth."""
    metal = sum(_metal_rare_earths(run).values())
    if run.step == "oxide-electrolysis" and metal:
        each = divide(of(_gas_carbon(run, ("CO2-fossil", "CO")), CO2_PER_CARBON) * SCALE, metal)
        if not 16 * SCALE // 100 <= each <= 75 * SCALE // 100:
            yield Problem.at("rule.c-ely-range", "direct", found=_short(each))


def perfluorocarbons(run: Inventory) -> Iterator[Problem]:
    """F-PFC: CF4 is measured, or taken by default; none only where a meter read none; its carbon is the anode's."""
    if run.step != "oxide-electrolysis":
        return
    lines = [line for line in run.direct.lines if line.gas == "CF4"]
    if not any(trillionths(line.mass_kg) or line.basis == "metered" for line in lines):
        yield Problem.at("rule.f-pfc", "direct")
    carbon = _gas_carbon(run, PFCS)
    anode = trillionths(run.direct.anode_carbon_kg or "0")
    if carbon > anode:
        yield Problem.at("rule.f-pfc-carbon", "direct", found=_kg(carbon), possible=_kg(anode))


def fuel_carbon(run: Inventory) -> Iterator[Problem]:
    """C-BAL: a kg of fuel can't give off more CO2 than a kg of carbon does."""
    for index, line in enumerate(run.fuels.lines):
        if line.unit != "kg" or line.value is not None:
            continue
        values = dict(run.tables.factor(line.factor).values)
        found = values.get("CO2-fossil", 0) + values.get("CO2-biogenic", 0)
        if found > of(SCALE, CO2_PER_CARBON):
            possible = trillionths_text(of(SCALE, CO2_PER_CARBON))
            yield Problem.at("rule.c-bal", f"fuels[{index}]", found=trillionths_text(found), possible=possible)


def calcination_energy(run: Inventory) -> Iterator[Problem]:
    """E-CALC: calcining an oxide takes 3 to 60 MJ a kg; the lower bound counts electricity too."""
    if run.step not in PRECIPITATING:
        return
    oxide = sum(item.net_mass_mg for item in run.products_of("oxide")) * _MILLION
    heat = sum(map(burnt_energy, _burnt(run)))
    if not oxide:
        return
    yield from calcination(oxide, heat, run.kwh)


def calcination(oxide: int, heat: int, kwh: int) -> Iterator[Problem]:
    """Judge heat (scaled MJ) and electricity (scaled kWh) for a mass of oxide (scaled kg)."""
    each = divide(heat * SCALE, oxide)
    with_power = divide((heat + kwh * 36 // 10) * SCALE, oxide)
    if each > 60 * SCALE:
        yield Problem.at("rule.e-calc", "fuels", found=_short(each), possible="60")
    if with_power < 3 * SCALE:
        yield Problem.at("rule.e-calc-low", "fuels", found=_short(with_power), possible="3")


def burnt_energy(line: FuelLine) -> int:
    """Return the net calorific energy of a fuel line in scaled MJ, 0 where it is not known."""
    return trillionths(line.amount if line.unit == "MJ" else line.energy_mj or "0")


def precipitant(run: Inventory) -> Iterator[Problem]:
    """P-PRECIP: 3 oxalate, 6 bicarbonate, 3 carbonate or 6 hydroxide for 2 RE; routes add up."""
    if run.step not in PRECIPITATING:
        return
    needed = 3 * _moles(rare_earths(_made(run, "oxide", "mixed-compound")))
    lines = range(len(run.materials.lines))
    given = sum((precipitant_moles(dict(_line_masses(run, index))) for index in lines), Fraction())
    if given < needed:
        yield Problem.at("rule.p-precip", "materials", found=_kmol(given), possible=_kmol(needed))


def precipitant_moles(elements: Mapping[str, int]) -> Fraction:
    """Return the equivalents (kmol, 3 for each RE) that a material with these element masses can precipitate.

    Oxidised carbon (at least 1.9 O for each C) is oxalate, bicarbonate or carbonate: 1 for each C, 2 where each C
    has two cations (Na2CO3); Na, K and half of Mg and Ca without carbon are hydroxide or oxide: 1 a charge.
    """
    carbon = _moles(elements, "C")
    cations = _moles(elements, "N", "Na", "K") + 2 * _moles(elements, "Mg", "Ca")
    if carbon == 0:
        return (
            cations - _moles(elements, "N") if _moles(elements, "O") and not _moles(elements, "Cl", "S") else Fraction()
        )
    if _moles(elements, "O") < carbon * Fraction(19, 10):
        return Fraction()
    return carbon * (2 if cations >= carbon * Fraction(3, 2) else 1)


def acid(run: Inventory) -> Iterator[Problem]:
    """P-ACID: 3 HCl for each RE dissolved, unless a sulphate or nitrate route is declared."""
    if run.step not in DISSOLVING:
        return
    if _moles(run.elements_in, "S") > _moles(run.elements_in, "Cl") or _has_nitric_acid(run):
        return
    needed = 3 * _moles(rare_earths(_made(run, "oxide", "mixed-compound")))
    given = _moles(run.elements_in, "Cl")
    if given < needed:
        yield Problem.at("rule.p-acid", "materials", found=_kmol(given), possible=_kmol(needed))


def water_balance(run: Inventory) -> Iterator[Problem]:
    """W-BAL: water that left is water that came in or was formed, exactly."""
    if run.water is not None and water_in(run.water) != water_out(run.water):
        found, possible = water_out(run.water), water_in(run.water)
        yield Problem.at("rule.w-bal", "water", found=trillionths_text(found), possible=trillionths_text(possible))


def process_carbon(run: Inventory) -> Iterator[Problem]:
    """C-RUN: carbon that went in and is in no product, residue or other emission has left as process CO2."""
    given = run.elements_in.get("C", 0)
    found = run.elements_out.get("C", 0)
    allowed = given // _HALF_PERCENT + run.mass_in * _ASSAY // _MILLION
    if found + allowed < given:
        missing = of(given - found, CO2_PER_CARBON)
        yield Problem.at("rule.c-run", "direct", found=_kg(found), possible=_kg(given), missing=_kg(missing))


def chloride_balance(run: Inventory) -> Iterator[Problem]:
    """CL-BAL, flag: chloride in is chloride out within 5 %."""
    given, found = run.elements_in.get("Cl", 0), run.elements_out.get("Cl", 0)
    if run.step in DISSOLVING and abs(given - found) * _FIVE_PERCENT > given:
        yield Problem.at("rule.cl-bal", "materials", found=_kg(found), possible=_kg(given))


def magnet_composition(run: Inventory) -> Iterator[Problem]:
    """M-TRE, flag: sintered NdFeB has 27 to 35 % rare earth and 0.85 to 1.2 % boron."""
    for item in run.products_of("magnet"):
        if not _within(_fraction(item.fractions, RARE_EARTHS), 270, 350) or not _within(
            item.fractions.get("B", 0), "8.5", 12
        ):
            yield Problem.at("rule.m-tre", item.place, found=trillionths_text(_fraction(item.fractions, RARE_EARTHS)))


def hydrogen_alloy(run: Inventory) -> Iterator[Problem]:
    """M-AB5, flag: a nickel alloy of rare earths has 30 to 36 % of them and 4.6 to 5.4 other atoms for each."""
    for item in run.products_of("alloy"):
        if item.fractions.get("Ni", 0) < SCALE // 4:
            continue
        metals = [element for element in item.fractions if element not in (*RARE_EARTHS, *MEDIA)]
        ratio = _moles(item.fractions, *metals) / (_moles(item.fractions, *RARE_EARTHS) or Fraction(1))
        rare = _fraction(item.fractions, RARE_EARTHS)
        if not _within(rare, 300, 360) or not Fraction(46, 10) <= ratio <= Fraction(54, 10):
            yield Problem.at("rule.m-ab5", item.place, found=trillionths_text(rare))


# -- small measures -----------------------------------------------------------------------------------------------


def _metal_rare_earths(run: Inventory) -> dict[str, int]:
    return rare_earths(_made(run, "metal", "alloy"))


def _made(run: Inventory, *kinds: str) -> dict[str, int]:
    """Return the element masses in the outputs of some kinds."""
    total: dict[str, int] = {}
    for item in run.outgoing:
        if item.kind in kinds:
            for element, mass in masses(item.fractions, item.net_mass_mg).items():
                total[element] = total.get(element, 0) + mass
    return total


def _gas_carbon(run: Inventory, gases: tuple[str, ...]) -> int:
    return sum(emitted(line).get("C", 0) for line in run.direct.lines if line.gas in gases)


def _burnt(run: Inventory) -> Iterator[FuelLine]:
    for line in run.fuels.lines:
        if line.value is not None or run.tables.factor(line.factor).boundary in BURNT:
            yield line


def _line_masses(run: Inventory, index: int) -> Iterator[tuple[str, int]]:
    line = run.materials.lines[index]
    for element, fraction in line.composition:
        yield element, divide(trillionths(line.mass_kg) * trillionths(fraction), SCALE)


def _has_nitric_acid(run: Inventory) -> bool:
    """Tell whether a material holds nitrate: nitrogen with oxygen and neither carbon nor sulphur."""
    lines = (dict(_line_masses(run, index)) for index in range(len(run.materials.lines)))
    return any(line.get("N") and line.get("O") and not line.get("C") and not line.get("S") for line in lines)


def _moles(elements: Mapping[str, int], *only: str) -> Fraction:
    """Return kmol (of kg) or mol fraction (of fractions) of some elements, of all where none is named."""
    chosen: Iterable[str] = only or elements
    return sum(
        (Fraction(elements[element], ATOMIC_WEIGHT[element]) for element in chosen if element in elements), Fraction()
    )


def _fraction(fractions: Mapping[str, int], elements: Iterable[str]) -> int:
    return sum(fractions.get(element, 0) for element in elements)


def _within(fraction: int, low: int | str, high: int) -> bool:
    """Tell whether a scaled fraction lies between two per mille."""
    return Fraction(low) <= Fraction(fraction * 1000, SCALE) <= high


def _kg(mass: int) -> str:
    return f"{trillionths_text(divide(mass, _MILLIGRAM) * _MILLIGRAM)} kg"


def _short(figure: int) -> str:
    return trillionths_text(divide(figure, _MILLIGRAM) * _MILLIGRAM)


def _kmol(amount: Fraction) -> str:
    return f"{trillionths_text(divide(amount.numerator * _MILLION, amount.denominator) * _MILLIGRAM)} kmol"
