"""Validation cases of what a plant gives off: fuels, electrolysis, carbonates and oxalates.

Rules: as in `ledger.footprint.cases`.  A member's unit is in its name (``_t``, ``_kg``); what is told in t is the same number of t.
What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.combustion import energy_mj, ipcc_co2_factor, printed
from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import divide, scaled
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, mass_ratio, of
from ledger.footprint.case_runs import (
    GAS,
    UNIT,
    both,
    case_inventory,
    case_tables,
    first,
    fraction_of,
    like,
    scaled_of,
    share_by,
    verdict_of,
    with_group,
)
from ledger.footprint.emissions import PFCS, determined, gas_carbon
from ledger.footprint.figures import Pair, co2e
from ledger.footprint.lines import own_lines
from ledger.footprint.reduction import carbon_floor
from schemas.determination import AnodeBalance, Anodes, Decomposition, Default, Measured, Ratio, Slope
from schemas.inventory import (
    Direct,
    DirectLine,
    FuelLine,
    Fuels,
)
from schemas.problem import InputError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.footprint.factors import FactorTables
    from schemas.determination import Determination
    from schemas.vocabulary import Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def combustion(inputs: Case, tables: FactorTables) -> Answer:
    """Return what a fuel gives off: by a factor for its energy, or by its carbon and what of it burns."""
    carbon = inputs.get("kgC_per_GJ")
    oxidation = str(inputs.get("oxidation", "1"))
    amount = {name: value for name, value in inputs.items() if name in _FUEL_AMOUNT}
    if carbon is not None and not amount:
        factor = ipcc_co2_factor(Fraction(carbon), Fraction(oxidation))
        return {"kgCO2_per_TJ": factor, "published_rounded_kgCO2_per_TJ": printed(factor)}
    energy = _fuel_energy(inputs)
    gases = ("CO2", "CH4", "N2O")
    values = {gas: Fraction(inputs[f"kg{gas}_per_TJ"]) for gas in gases if f"kg{gas}_per_TJ" in inputs}
    if carbon is not None:
        values["CO2"] = ipcc_co2_factor(Fraction(carbon), Fraction(1))
    per_mj = tuple((GAS[gas], scaled(value / UNIT)) for gas, value in values.items() if gas == "CO2")
    others = tuple((GAS[gas], scaled(value / UNIT)) for gas, value in values.items() if gas != "CO2")
    own_tables = case_tables({"fuel": per_mj, "others": others}, inputs.get("GWP", {}), tables)
    mj = trillionths_text(energy)
    burnt = FuelLine(name="CO2", basis="metered", amount=mj, unit="MJ", factor="case/fuel", oxidation=oxidation)
    traces = FuelLine(name="CH4 and N2O", basis="metered", amount=mj, unit="MJ", factor="case/others")
    rows = own_lines([Fuels(group="fuels", lines=(burnt, traces))], tables=own_tables, gwp="AR6").rows
    gwp = own_tables.gwp.weights["AR6"]
    found = {f"kgCO2e_{gas}": fraction_of(co2e(_only(rows, GAS[gas]), gwp).location) for gas in values}
    found |= {f"kg{gas}": fraction_of(rows["fuels", GAS[gas]].location) for gas in values}
    return {**found, "energy_TJ": fraction_of(energy) / UNIT, "kgCO2e": fraction_of(co2e(rows, gwp).location)}


_FUEL_AMOUNT: Final = {
    "mass_kg": 1, "mass_t": 1000, "volume_m3": 1, "m3": 1, "energy_MJ": 1, "energy_GJ": 1000, "energy_TJ": UNIT,
}  # fmt: skip
"""Members that tell how much fuel there is, with what one is in kg, m3 or MJ."""


def _fuel_energy(inputs: Case) -> int:
    """Return the net calorific energy of a case's fuel in scaled MJ."""
    member = next(name for name in _FUEL_AMOUNT if name in inputs)
    amount = scaled_of(inputs[member]) * _FUEL_AMOUNT[member]
    if member.startswith("energy"):
        return amount
    values = ("NCV_GJ_per_t", "NCV_MJ_per_kg", "NCV_MJ_per_m3")
    return energy_mj(amount, scaled_of(next(inputs[name] for name in values if name in inputs)))


def _only(rows: Mapping[Any, Any], gas: Gas) -> dict[Any, Any]:
    return {key: pair for key, pair in rows.items() if key[1] == gas}


def electrolysis(inputs: Case, tables: FactorTables) -> Answer:
    """Return what a cell gives off: by the balance of its anodes, by slope, or by a default."""
    metal = scaled_of(inputs["metal_kg"]) if "metal_kg" in inputs else scaled_of(inputs["metal_t"]) * 1000
    lines, own_tables, anodes = _perfluorocarbons(inputs, metal), _defaults(inputs, tables), _anodes(inputs)
    if anodes is not None:
        lines += [_line(gas, "0", AnodeBalance(by="anode-balance")) for gas in ("CO2-fossil", "CO")]
    elif "CO2_kg" in inputs:
        lines += [_line("CO2-fossil", inputs["CO2_kg"], None), _line("CO", inputs.get("CO_kg", "0"), None)]
    group = _weighed(Direct(group="direct", lines=tuple(lines), anodes=anodes), own_tables)
    masses = {_NAME.get(str(line.gas), str(line.gas)): trillionths(line.mass_kg) for line in group.lines}
    rows = own_lines([group], tables=own_tables, gwp="AR6").rows
    weights = own_tables.gwp.weights["AR6"]
    whole = fraction_of(co2e(rows, weights).location)
    perfluorinated = {key: pair for key, pair in rows.items() if key[1] in PFCS}
    return {
        **{f"{gas}_kg": fraction_of(mass) for gas, mass in masses.items()},
        "CO2_direct_kg": fraction_of(masses.get("CO2", 0)),
        "CO2_if_CO_oxidised_kg": fraction_of(rows.get(("direct", "CO2-fossil"), Pair(0, 0)).location),
        "C_to_PFC_kg": fraction_of(gas_carbon(group, PFCS)),
        "PFC_kgCO2e": fraction_of(co2e(perfluorinated, weights).location),
        "direct_kgCO2e_CO_oxidised": whole,
        "kgCO2e": whole,
        **_cell(inputs, metal, group, own_tables),
    }


_NAME: Final = {"CO2-fossil": "CO2"}


def _cell(inputs: Case, metal: int, group: Direct, tables: FactorTables) -> Answer:
    """Return the floors of a cell, and what the rules say to it."""
    parts = _parts(inputs.get("metal"))
    if parts is None:
        return {}
    floor = carbon_floor({element: of(metal, Fraction(part)) for element, part in parts.items()})
    made = trillionths_text(divide(metal, 10**6) * 10**6)
    run = case_inventory("oxide-electrolysis", {}, [("metal", made, parts)], tables)
    run = with_group(replace(run, tables=both(tables, run.tables)), group)
    return {
        "floor_anode_C_kg": fraction_of(floor),
        "floor_CO2_kg": fraction_of(of(floor, CO2_PER_CARBON)),
        **verdict_of(run, *_asked(group)),
    }


def _asked(group: Direct) -> tuple[str, ...]:
    """Return the rules that a case tells enough of: the carbon oxides, the perfluorocarbons, or both."""
    given = {line.gas for line in group.lines}
    asked = [rule for rule, gases in (("C-ELY", ("CO2-fossil", "CO")), ("F-PFC", PFCS)) if given.intersection(gases)]
    return tuple(asked) or ("C-ELY", "F-PFC")


def _parts(metal: object) -> dict[str, str] | None:
    """Return a metal as a composition: an element, or fractions by element."""
    match metal:
        case str() if metal in RARE_EARTHS:
            return {metal: "1"}
        case dict():
            return {str(element): str(part) for element, part in metal.items()}
        case _:
            return None


def _perfluorocarbons(inputs: Case, metal: int) -> list[DirectLine]:
    given = {gas: inputs[f"{gas}_kg"] for gas in PFCS if f"{gas}_kg" in inputs}
    if given:
        monitor = _monitor(inputs)
        return [_line(gas, mass, monitor) for gas, mass in given.items()]
    mass = trillionths_text(metal)
    if "EF_g_per_t" in inputs:
        default = Default(by="default", factor="case/pfc", mass_kg=mass)
        return [_line(gas, "0", default) for gas in inputs["EF_g_per_t"]]
    slope = like(inputs, "slope") or like(inputs, "coefficient")
    minutes = like(inputs, "minutes") or like(inputs, "AEM") or like(inputs, "AE_min")
    if slope is None or minutes is None:
        return []
    how = Slope(by="slope", coefficient=slope, minutes_per_cell_day=minutes, metal_kg=mass)
    ratio = like(inputs, "ratio") or like(inputs, "C2F6_per_CF4") or like(inputs, "fraction_C2F6")
    lines = [_line("CF4", "0", how)]
    return lines if ratio is None else [*lines, _line("C2F6", "0", Ratio(by="ratio", to="CF4", ratio=ratio))]


def _monitor(inputs: Case) -> Measured | None:
    """Return the monitor that ran all the time, where a case has one."""
    said = first(inputs, "continuous_monitoring", "continuous_measurement", "monitoring")
    continuous = said is True or (isinstance(said, str) and "continuous" in said)
    return Measured(by="measured", monitor="monitor of the case", continuous=True) if continuous else None


def _defaults(inputs: Case, tables: FactorTables) -> FactorTables:
    """Return tables with the case's own factors in g for a t of metal."""
    grams = inputs.get("EF_g_per_t", {})
    values = tuple((GAS[gas], divide(scaled_of(each), 10**6)) for gas, each in grams.items())
    return case_tables({"pfc": values}, inputs.get("GWP", {}), tables)


def _anodes(inputs: Case) -> Anodes | None:
    used = first(inputs, "net_anode_carbon_kg", "anode_kg", "anode_used_kg", "gross_anode_kg", "anode_consumption_kg")
    if used is None:
        return None
    as_co = like(inputs, "leaving_as_CO") or like(inputs, "as_CO") or like(inputs, "CO_fraction") or "0"
    return Anodes(
        used_kg=used,
        butts_kg=first(inputs, "butts_kg", "anode_butts_kg") or "0",
        dust_kg=first(inputs, "dust_kg", "carbon_dust_kg") or "0",
        carbon=first(inputs, "carbon_fraction", "anode_carbon_fraction", "carbon_content") or "1",
        as_co=as_co,
    )


def _line(gas: Any, mass: str, method: Determination | None) -> DirectLine:  # noqa: ANN401 - the gas of a case
    kg = trillionths_text(scaled_of(mass))
    return DirectLine(name=gas, basis="metered", substance=gas, gas=gas, mass_kg=kg, method=method)


def _weighed(group: Direct, tables: FactorTables) -> Direct:
    """Return a group with the masses its methods give, those that rest on others last."""
    for last in (False, True):
        lines = (
            line.model_copy(update={"mass_kg": trillionths_text(mass)})
            if isinstance(line.method, Ratio | AnodeBalance) == last
            and (mass := determined(line, group, tables)) is not None
            else line
            for line in group.lines
        )
        group = group.model_copy(update={"lines": tuple(lines)})
    return group


# -- process CO2 --------------------------------------------------------------------------------------------------

COMPOUND: Final[Mapping[str, str]] = {
    "oxalic_acid_dihydrate": "H2C2O4\u00b72H2O",
    "oxalic_acid": "H2C2O4",
    "limestone": "CaCO3",
    "calcium_carbonate": "CaCO3",
    "calcite": "CaCO3",
    "soda": "Na2CO3",
    "soda_ash": "Na2CO3",
    "sodium_carbonate": "Na2CO3",
    "dolomite": "CaMg(CO3)2",
    "magnesite": "MgCO3",
    "magnesium_carbonate": "MgCO3",
    "sodium_bicarbonate": "NaHCO3",
    "ammonium_bicarbonate": "NH4HCO3",
    "ammonium_carbonate": "(NH4)2CO3",
    "barium_carbonate": "BaCO3",
    "lithium_carbonate": "Li2CO3",
}
"""Compounds as cases name them; any other name is read as a formula."""

GUIDELINE: Final[Mapping[str, str]] = {
    "H2C2O4\u00b72H2O": "materials/oxalic-acid-process-co2.cn",
    "CaCO3": "materials/caco3-process-co2.cn",
    "Na2CO3": "materials/na2co3-process-co2.cn",
}
"""The shipped factor of a compound's process CO2."""


def process_co2(inputs: Case, tables: FactorTables) -> Answer:
    """Return what compounds give up: by the guideline's factor, by formula, and with all their carbon burnt."""
    if "oxide" in inputs:
        return _carbonate_route(inputs)
    ways = {"guideline": 0, "stoichiometric": 0, "stoichiometric_1mol": 0, "if_CO_burnt_2mol": 0, "CO": 0}
    unit = ""
    for member, value in inputs.items():
        name, _, unit_ = member.rpartition("_")
        if unit_ not in {"t", "kg"} or not name:
            continue
        unit = unit or unit_
        compound = COMPOUND.get(name, name)
        found = _given_up(compound, value, share_by(inputs, name, "purity", "fraction"), inputs, tables)
        ways = {way: total + found[way] for way, total in ways.items()}
    if not unit:
        raise InputError.at("validate.unsupported", what=f"process CO2: {', '.join(inputs)}")
    told = {way: fraction_of(total) for way, total in ways.items()}
    return {
        f"{unit}CO": told["CO"],
        f"{unit}CO2": told["stoichiometric"],
        f"CO2_{unit}": told["stoichiometric"],
        **{f"{unit}CO2_{way}": value for way, value in told.items()},
    }


def _given_up(compound: str, mass: str, purity: str, inputs: Case, tables: FactorTables) -> dict[str, int]:
    """Return the gas that a mass of a compound gives up, in its unit, by each way to determine it."""

    def by(burnt: bool, gas: str = "CO2-fossil") -> int:
        method = Decomposition(
            by="decomposition",
            compound=compound,
            mass_kg=trillionths_text(scaled_of(mass)),
            purity=purity,
            decomposed=share_by(inputs, "", "decomposed", "conversion", "calcination_degree"),
            burnt=burnt,
            recovered=share_by(inputs, "", "recovered", "recovery", default="0"),
        )
        return determined(_line(gas, "0", method), Direct(group="direct", lines=()), tables) or 0

    vented = by(burnt=False)
    default = GUIDELINE.get(compound)
    return {
        "guideline": _by_default(default, mass, purity, tables) if default else 0,
        "stoichiometric": vented,
        "stoichiometric_1mol": vented,
        "if_CO_burnt_2mol": by(burnt=True),
        "CO": by(burnt=False, gas="CO"),
    }


def _by_default(factor: str, mass: str, purity: str, tables: FactorTables) -> int:
    method = Default(by="default", factor=factor, mass_kg=trillionths_text(scaled_of(mass)), strength=purity)
    return determined(_line("CO2-fossil", "0", method), Direct(group="direct", lines=()), tables) or 0


def _carbonate_route(inputs: Case) -> Answer:
    """2 RECl3 + 6 NH4HCO3 -> RE2(CO3)3 + 6 NH4Cl + 3 CO2 + 3 H2O; RE2(CO3)3 -> RE2O3 + 3 CO2; the same by oxalate."""
    oxide = inputs["oxide"]
    mass = scaled_of(inputs["oxide_kg"]) if "oxide_kg" in inputs else scaled_of(inputs["oxide_t"]) * 1000
    atoms = sum(count for element, count in parse_formula(oxide).atoms if element in RARE_EARTHS)

    def each(compound: str, moles: Fraction) -> Fraction:
        return fraction_of(of(mass, mass_ratio(compound, oxide, moles=atoms * moles)))

    half = Fraction(3, 2)
    return {
        "CO2_calcination_kg": each("CO2", half),
        "CO2_precipitation_kg": each("CO2", half),
        "CO2_total_kg": each("CO2", 2 * half),
        "NH4HCO3_stoich_kg": each("NH4HCO3", 2 * half),
        "NH4Cl_kg": each("NH4Cl", 2 * half),
        "Na2CO3_stoich_kg": each("Na2CO3", half),
        "oxalic_acid_dihydrate_stoich_kg": each("H2C2O4\u00b72H2O", half),
        "CO2_oxalate_kg": each("CO2", half),
        "CO_oxalate_kg": each("CO", half),
        "CO2_oxalate_if_CO_burnt_kg": each("CO2", 2 * half),
    }
