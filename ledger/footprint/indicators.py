"""Indicators besides greenhouse gases: energy, water, wastes by class, thorium and uranium, and discharged loads.

Rules (`docs/formats.md`, Indicators):

1. A vector has one integer of 10^-12 (of MJ, m3 or kg) for each indicator, in the order of the word list.
2. Energy is electricity x 3.6 MJ/kWh, fuels burnt by their net calorific value, and heat bought.  A fuel in several
   lines (its CO2, its CH4 and N2O, its supply) counts once: in the line with a burning factor that gives carbon
   dioxide.  Electricity from it at the plant does not count again.
3. Water withdrawn is `fresh`, discharged is `discharged`.  Consumed water does not return to its source: evaporated, in
   products and in wastes (ISO 14046:2014, 3.2.1), whatever its source.
4. Wastes count dry, each in its class; thorium and uranium are the element masses in them.  Dissolved matter in
   discharged water and ground that was never moved are no wastes.
5. A contribution is a figure of the batch x mass taken / net mass, rounded once.  The weights of the footprint divide a
   run's figures, so the parts equal the whole.
6. An indicator that a step declared not at all, or in part, is *partial* there and in all products made from it: never
   a silent 0.

This module counts nothing behind materials without a certificate, and judges nothing.
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
"""Factors in the cache of whether they are burning factors; a plant has the same fuels in all runs."""

KWH_IN_MJ_TENTHS: Final = 36
"""3.6 MJ are 1 kWh (exact), in tenths."""

CARBON_DIOXIDE: Final = frozenset({"CO2-fossil", "CO2-biogenic", "CO2e"})
"""Gases that distinguish the line of a fuel's burning from that of its CH4 and N2O."""

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
    """The contribution of one line to one indicator (scaled), with its formula."""

    indicator: Indicator
    amount: int
    name: str
    formula: str


class OwnIndicators(Frozen):
    """The run's own figures, and the indicators that its lines cover only in part."""

    vector: Vector
    partial: frozenset[Indicator]


def own_indicators(groups: Iterable[InventoryGroup], *, tables: FactorTables) -> OwnIndicators:
    """Return the figures of the lines of some groups; raise MissingError ``factor.unknown``."""
    vector = list(NOTHING)
    missing: set[Indicator] = set()
    for group in groups:
        terms = indicator_terms(group, tables=tables)
        for part in terms:
            vector[INDICATOR_PLACE[part.indicator]] += part.amount
        if group.group == "fuels":
            missing.update([part.indicator for part in terms if not part.amount])
        elif group.group == "waste":
            missing.update(_missing(group))
    return OwnIndicators(tuple(vector), frozenset(missing))


def indicator_terms(group: InventoryGroup, *, tables: FactorTables) -> list[IndicatorTerm]:
    """Return the contribution of each line of a group to each indicator; 0 for a burnt fuel without stated energy."""
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
            terms = [part for waste in group.lines for part in _of_waste(waste)]
            return terms if group.water is None else terms + _of_water(group.water)
        case _:
            return []  # no other group contributes


def _of_own_fuel(power: ElectricityLine, tables: FactorTables) -> bool:
    """Return whether electricity comes from a fuel in the plant's own lines, which counts already."""
    return power.own is not None and tables.factor(power.factor).flow.startswith(OWN_FUEL)


def _of_power(power: ElectricityLine) -> IndicatorTerm:
    energy = divide(trillionths(power.amount_kwh) * KWH_IN_MJ_TENTHS, 10)
    return IndicatorTerm("energy", energy, power.name, f"{power.amount_kwh} kWh x 3.6 MJ/kWh")


def _is_energy(fuel: FuelLine, tables: FactorTables) -> bool:
    """Return whether a line is a fuel burnt or heat bought; one without a public factor is if it states its energy."""
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
    terms = [IndicatorTerm(indicator, trillionths(waste.mass_kg), waste.name, formula)]
    for element, mass in waste.elements:
        if element in _ELEMENT:
            terms.append(IndicatorTerm(_ELEMENT[element], trillionths(mass), waste.name, f"kg {element} in it"))
    return terms


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
    """Return the indicators that wastes and water cover only in part (rule 6)."""
    radioactive = [waste for waste in group.lines if waste.waste_class == "radioactive"]
    missing = [] if all(map(_names_radioactive, radioactive)) else list(_ELEMENT.values())
    return [*missing, *(_WATER if group.water is None else _missing_of_water(group.water))]


def _missing_of_water(water: Water) -> list[Indicator]:
    missing: list[Indicator] = []
    if water_in(water) != water_out(water):
        missing.append("water-consumed")  # some water has no stated destination
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
    """Return an input's contribution: each figure of its batch x mass taken / net mass, rounded once (rule 5)."""
    vector = list(NOTHING)
    for name, amount in rows:
        vector[INDICATOR_PLACE[name]] = divide(trillionths(amount) * mass_mg, net_mass_mg)
    return tuple(vector)


def output_parts(whole: Vector, weights: Sequence[int]) -> list[Vector]:
    """Return each output's part of a run's figures (rule 5)."""
    if len(weights) == 1:
        return [whole]
    nothing = [0] * len(weights)
    return list(zip(*(allocate(each, weights) if each else nothing for each in whole), strict=True))


def indicator_rows(vector: Vector) -> tuple[IndicatorRow, ...]:
    """Return figures as sealed."""
    return tuple((name, trillionths_text(each)) for name, each in zip(INDICATORS, vector, strict=True) if each)


def parsed_indicators(rows: Iterable[IndicatorRow]) -> Vector:
    """Return sealed figures as a vector; inverse of `indicator_rows`."""
    vector = list(NOTHING)
    for name, amount in rows:
        vector[INDICATOR_PLACE[name]] = trillionths(amount)
    return tuple(vector)


def in_order_of_indicators(names: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """Return some indicators in their order."""
    return tuple(sorted(set(names), key=INDICATOR_PLACE.__getitem__))


def per_kg_text(amount: str, net_mass_kg: str) -> str:
    """Return a batch's figure per kg of net mass, rounded once; for display only."""
    return trillionths_text(divide(trillionths(amount) * 10**6, milligrams(net_mass_kg)))
