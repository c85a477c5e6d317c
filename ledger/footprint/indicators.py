"""Figures besides greenhouse gases: energy, water, wastes by class, thorium and uranium, and what discharged water carries.

Rules (`docs/formats.md`, Indicators):

1. A vector holds one integer of 10^-12 (of MJ, m3 or kg) for each indicator, in the order of the word list.
2. Energy is electricity x 3.6 MJ/kWh, fuels burnt by their net calorific value, and heat bought.  A fuel that stands in several
   lines - its CO2, its CH4 and N2O, its supply - counts once: where the factor is that of burning and gives carbon dioxide;
   electricity made of it at the plant counts no more.
3. Water withdrawn is `fresh`, discharged is `discharged`; consumed is what does not go back to where it came from: evaporated, in
   products and in wastes (ISO 14046:2014, 3.2.1), wherever it was brought from.
4. Wastes count dry, each in its class; thorium and uranium are the element masses in them.  What leaves dissolved in the water and
   ground that was never moved are no wastes.
5. A contribution is a figure of the batch x mass taken / net mass, rounded once; a run's figures are shared out by the weights of
   its footprint, so the parts equal the whole.
6. An indicator that a step did not, or not wholly, declare is *partial* there and in everything made of it: never a silent 0.

What this module does not do: it counts nothing behind materials without a certificate, and judges nothing.
"""

from __future__ import annotations

from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Final, TypeAlias

from ledger.chemistry.exact import divide
from ledger.factors.boundary import BURNT, OWN_FUEL, PURCHASED
from ledger.footprint.allocation import allocate
from ledger.footprint.lines import burnt_energy
from ledger.footprint.masses import water_in, water_out
from schemas.figures import INDICATOR_PLACE
from schemas.frozen import Frozen
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.vocabulary import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from schemas.figures import IndicatorRow
    from schemas.inventory import ElectricityLine, FuelLine, InventoryGroup, Waste, WasteLine, Water
    from schemas.vocabulary import Indicator, WasteClass

Vector: TypeAlias = tuple[int, ...]
"""One scaled number for each indicator."""

NOTHING: Final[Vector] = (0,) * len(INDICATORS)

_BURNING_KEPT: Final = 1024
"""Factors of which it stays known whether they stand for burning: a plant has the same fuels run after run."""

KWH_IN_MJ_TENTHS: Final = 36
"""3.6 MJ are 1 kWh (exact), in tenths."""

CARBON_DIOXIDE: Final = frozenset({"CO2-fossil", "CO2-biogenic", "CO2e"})
"""Gases by which the line that stands for a fuel's burning is told from the one of its CH4 and N2O."""

_CLASS: Final[dict[WasteClass, Indicator]] = {
    "hazardous": "waste-hazardous",
    "non-hazardous": "waste-non-hazardous",
    "radioactive": "waste-radioactive",
}
_ELEMENT: Final[dict[str, Indicator]] = {"Th": "thorium", "U": "uranium"}
_WATER: Final[tuple[Indicator, ...]] = (
    "water-withdrawn",
    "water-discharged",
    "water-consumed",
    "fluoride-discharged",
    "ammonia-nitrogen-discharged",
)


class IndicatorTerm(Frozen):
    """What one line gives to one indicator (scaled), and how it is found."""

    indicator: Indicator
    amount: int
    name: str
    formula: str


class OwnIndicators(Frozen):
    """The run's own figures, and the indicators of which there is more than its lines tell."""

    vector: Vector
    partial: frozenset[Indicator]


def own_indicators(groups: Iterable[InventoryGroup], *, tables: FactorTables) -> OwnIndicators:
    """Return what the lines of some groups give; error ``factor.unknown``."""
    found = list(NOTHING)
    missing: set[Indicator] = set()
    for group in groups:
        told = indicator_terms(group, tables=tables)
        for part in told:
            found[INDICATOR_PLACE[part.indicator]] += part.amount
        if group.group == "fuels":
            missing.update([part.indicator for part in told if not part.amount])
        elif group.group == "waste":
            missing.update(_missing(group))
    return OwnIndicators(tuple(found), frozenset(missing))


def indicator_terms(group: InventoryGroup, *, tables: FactorTables) -> list[IndicatorTerm]:
    """Return what each line of a group gives to each indicator; 0 for a fuel burnt whose energy is not told."""
    match group.group:
        case "electricity":
            return [_of_power(power) for power in group.lines if not _of_own_fuel(power, tables)]
        case "fuels":
            return [
                IndicatorTerm("energy", burnt_energy(fuel), fuel.name, "net calorific MJ")
                for fuel in group.lines
                if _is_energy(fuel, tables)
            ]
        case "waste":
            found = [part for waste in group.lines for part in _of_waste(waste)]
            return found if group.water is None else found + _of_water(group.water)
        case _:
            return []  # nothing else gives any


def _of_own_fuel(power: ElectricityLine, tables: FactorTables) -> bool:
    """Say whether electricity was made of a fuel of the plant's own lines, which counts already."""
    return power.own is not None and tables.factor(power.factor).flow.startswith(OWN_FUEL)


def _of_power(power: ElectricityLine) -> IndicatorTerm:
    energy = divide(trillionths(power.amount_kwh) * KWH_IN_MJ_TENTHS, 10)
    return IndicatorTerm("energy", energy, power.name, f"{power.amount_kwh} kWh x 3.6 MJ/kWh")


def _is_energy(fuel: FuelLine, tables: FactorTables) -> bool:
    """Say whether a line is a fuel burnt or heat bought; one whose factor is not public is, if it says its energy."""
    return fuel.value is not None or _burns(tables.factor(fuel.factor))


@lru_cache(_BURNING_KEPT)
def _burns(factor: Factor) -> bool:
    if factor.boundary in PURCHASED:
        return True
    return factor.boundary in BURNT and any(gas in CARBON_DIOXIDE for gas, _ in factor.values)


def _of_waste(waste: WasteLine) -> list[IndicatorTerm]:
    indicator = _CLASS.get(waste.waste_class or "non-hazardous")
    if indicator is None:
        return []
    formula = "kg dry" if waste.waste_class else "kg dry; no class told"
    found = [IndicatorTerm(indicator, trillionths(waste.mass_kg), waste.name, formula)]
    for element, mass in waste.elements:
        if element in _ELEMENT:
            found.append(IndicatorTerm(_ELEMENT[element], trillionths(mass), waste.name, f"kg {element} in it"))
    return found


def _of_water(water: Water) -> list[IndicatorTerm]:
    consumed = trillionths(water.evaporated) + trillionths(water.in_products) + trillionths(water.in_wastes)
    fluoride, nitrogen = trillionths(water.fluoride_kg or "0"), trillionths(water.ammonia_nitrogen_kg or "0")
    return [
        IndicatorTerm("water-withdrawn", trillionths(water.fresh), "water", "m3 fresh"),
        IndicatorTerm("water-discharged", trillionths(water.discharged), "water", "m3 discharged"),
        IndicatorTerm("water-consumed", consumed, "water", "m3 evaporated + in products + in wastes"),
        IndicatorTerm("fluoride-discharged", fluoride, "water", "kg F in what is discharged"),
        IndicatorTerm("ammonia-nitrogen-discharged", nitrogen, "water", "kg N as ammonia in what is discharged"),
    ]


def _missing(group: Waste) -> list[Indicator]:
    """Return the indicators of which wastes and water do not tell all (rule 6)."""
    radioactive = [waste for waste in group.lines if waste.waste_class == "radioactive"]
    missing = [] if all(map(_names_radioactive, radioactive)) else list(_ELEMENT.values())
    return [*missing, *(_WATER if group.water is None else _missing_of_water(group.water))]


def _missing_of_water(water: Water) -> list[Indicator]:
    missing: list[Indicator] = []
    if water_in(water) != water_out(water):
        missing.append("water-consumed")  # what is told of no way out
    if water.discharged != "0":
        if water.fluoride_kg is None:
            missing.append("fluoride-discharged")
        if water.ammonia_nitrogen_kg is None:
            missing.append("ammonia-nitrogen-discharged")
    return missing


def _names_radioactive(waste: WasteLine) -> bool:
    return any(element in _ELEMENT for element, _ in waste.elements)


# -- vectors ------------------------------------------------------------------------------------------------------


def vector_sum(vectors: Iterable[Vector]) -> Vector:
    """Return the sum of some vectors."""
    total: Iterable[int] = NOTHING
    for vector in vectors:
        total = map(add, total, vector)
    return tuple(total)


def upstream_part(rows: Iterable[IndicatorRow], mass_mg: int, net_mass_mg: int) -> Vector:
    """Return what an input brings: each figure of its batch x mass taken / net mass, rounded once (rule 5)."""
    found = list(NOTHING)
    for name, amount in rows:
        found[INDICATOR_PLACE[name]] = divide(trillionths(amount) * mass_mg, net_mass_mg)
    return tuple(found)


def output_parts(whole: Vector, weights: Sequence[int]) -> list[Vector]:
    """Return each output's part of a run's figures (rule 5)."""
    if len(weights) == 1:
        return [whole]
    nothing = [0] * len(weights)
    return list(zip(*(allocate(each, weights) if each else nothing for each in whole), strict=True))


def indicator_rows(vector: Vector) -> tuple[IndicatorRow, ...]:
    """Return figures as they are sealed."""
    return tuple((name, trillionths_text(each)) for name, each in zip(INDICATORS, vector, strict=True) if each)


def parsed_indicators(rows: Iterable[IndicatorRow]) -> Vector:
    """Return sealed figures as a vector; inverse of `indicator_rows`."""
    found = list(NOTHING)
    for name, amount in rows:
        found[INDICATOR_PLACE[name]] = trillionths(amount)
    return tuple(found)


def in_order_of_indicators(names: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return some indicators in their order."""
    return tuple(sorted(set(names), key=INDICATOR_PLACE.__getitem__))


def per_kg_text(amount: str, net_mass_kg: str) -> str:
    """Return a batch's figure per kg of net mass, rounded once: for display, and never used downstream."""
    return trillionths_text(divide(trillionths(amount) * 10**6, milligrams(net_mass_kg)))
