"""Validation cases of what a plant gives off: fuels, and the electrolysis of oxides.

Rules: as in `tests.validation.adapters`.  A cell that is told for a kg of metal is one of 1 kg.
What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.combustion import energy_mj, ipcc_co2_factor, printed
from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide, scaled
from ledger.chemistry.stoichiometry import (
    CO2_PER_CARBON,
    DECOMPOSITION_VOLTAGE,
    anode_carbon_floor,
    electrolysis_floor,
    metal_ceiling,
    of,
)
from ledger.factors.figures import Pair, co2e
from ledger.footprint.emissions import PFCS, gas_carbon, net_anode_carbon, weighed
from ledger.footprint.lines import own_lines
from ledger.plausibility.reduction import CARBON_OXIDES, floor_of
from schemas.determination import AnodeBalance, Anodes, Default, Measured, Ratio, Slope
from schemas.inventory import Direct, DirectLine, FuelLine, Fuels
from schemas.quantity import trillionths, trillionths_text
from tests.validation.runs import GAS, UNIT, both, case_inventory, case_tables, fraction_of, gas_of, scaled_of
from tests.validation.verdicts import UnsupportedError, first, is_said, like, verdict, with_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.tables import FactorTables
    from schemas.determination import Determination
    from schemas.vocabulary import Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def combustion(inputs: Case, tables: FactorTables) -> Answer:
    """Return what a fuel gives off: by a factor for its energy, or by its carbon and what of it burns."""
    carbon = inputs.get("kgC_per_GJ")
    oxidation = str(first(inputs, "oxidation", "oxidation_factor") or "1")
    if carbon is not None and not any(name in inputs for name in _FUEL_AMOUNT):
        factor = ipcc_co2_factor(Fraction(carbon), Fraction(oxidation))
        return {"kgCO2_per_TJ": factor, "published_rounded_kgCO2_per_TJ": printed(factor)}
    energy = _fuel_energy(inputs)
    values = _fuel_values(inputs)
    if carbon is not None:
        values["CO2"] = ipcc_co2_factor(Fraction(carbon), Fraction(1))
    names: Mapping[str, Gas] = (
        {"CO2": "CO2-biogenic", "CH4": "CH4-biogenic", "N2O": "N2O"} if _is_biogenic(inputs) else GAS
    )
    per_mj = {names.get(gas, "N2O"): scaled(value / UNIT) for gas, value in values.items()}
    own = {"fuel": tuple(per_mj.items())[:1], "others": tuple(per_mj.items())[1:]}
    own_tables = case_tables(own, inputs.get("GWP", {}), tables)
    mj = trillionths_text(energy)
    burnt = FuelLine(name="CO2", basis="metered", amount=mj, unit="MJ", factor="case/fuel", oxidation=oxidation)
    traces = FuelLine(name="CH4 and N2O", basis="metered", amount=mj, unit="MJ", factor="case/others")
    rows = own_lines([Fuels(group="fuels", lines=(burnt, traces))], tables=own_tables, gwp="AR6").rows
    gwp = own_tables.gwp.weights["AR6"]
    found: dict[str, Fraction] = {}
    for gas, mass in zip(values, (rows.get(("fuels", name), Pair(0, 0)) for name in per_mj), strict=True):
        found[f"kg{gas}"] = fraction_of(mass.location)
        found[f"kgCO2e_{gas}"] = fraction_of(co2e(_only(rows, names.get(gas, "N2O")), gwp).location)
    biogenic = rows.get(("fuels", "CO2-biogenic"), Pair(0, 0)).location
    whole = {"kgCO2e": fraction_of(co2e(rows, gwp).location), "kgCO2_biogenic": fraction_of(biogenic)}
    return {**found, **whole, "energy_TJ": fraction_of(energy) / UNIT, "energy_MJ": fraction_of(energy)}


_FUEL_AMOUNT: Final = {
    "mass_kg": 1, "mass_t": 1000, "fuel_kg": 1, "fuel_t": 1000, "volume_m3": 1, "volume_Nm3": 1, "m3": 1, "Nm3": 1,
    "energy_MJ": 1, "energy_GJ": 1000, "energy_TJ": UNIT,
}  # fmt: skip
"""Members that tell how much fuel there is, with what one is in kg, m3 or MJ."""

_HEATING_VALUES: Final = ("NCV_GJ_per_t", "NCV_MJ_per_kg", "NCV_MJ_per_m3", "NCV_MJ_per_Nm3")
_BIOMASS: Final = ("wood", "bio", "charcoal", "straw")
"""What the names of fuels have in them whose carbon was lately in the air."""


def _is_biogenic(inputs: Case) -> bool:
    return is_said(inputs.get("biogenic")) or any(word in str(inputs.get("fuel", "")).casefold() for word in _BIOMASS)


def _fuel_values(inputs: Case) -> dict[str, Fraction]:
    """Return the kg for a TJ that a case tells: CO2 first, 0 where it is told by its carbon."""
    values = {gas: Fraction(inputs[f"kg{gas}_per_TJ"]) for gas in ("CO2", "CH4", "N2O") if f"kg{gas}_per_TJ" in inputs}
    return {"CO2": Fraction()} | values


def _fuel_energy(inputs: Case) -> int:
    """Return the net calorific energy of a case's fuel in scaled MJ."""
    member = next(name for name in _FUEL_AMOUNT if name in inputs)
    amount = scaled_of(inputs[member]) * _FUEL_AMOUNT[member]
    if member.startswith("energy"):
        return amount
    return energy_mj(amount, scaled_of(next(inputs[name] for name in _HEATING_VALUES if name in inputs)))


def _only(rows: Mapping[Any, Any], gas: Gas) -> dict[Any, Any]:
    return {key: pair for key, pair in rows.items() if key[1] == gas}


def electrolysis(inputs: Case, tables: FactorTables) -> Answer:
    """Return what a cell gives off (by the balance of its anodes, by slope, or by a default), its floors, and the verdict on it."""
    inputs = _of_one_kg(inputs)
    metal = scaled_of(inputs["metal_kg"]) if "metal_kg" in inputs else scaled_of(inputs["metal_t"]) * 1000
    lines, own_tables, anodes = _perfluorocarbons(inputs, metal), _defaults(inputs, tables), _anodes(inputs)
    if anodes is not None and "CO2_kg" not in inputs:
        lines += [_line(gas, "0", AnodeBalance(by="anode-balance")) for gas in ("CO2-fossil", "CO")]
    elif "CO2_kg" in inputs or "CO_kg" in inputs:
        lines += [_line(gas, inputs.get(name, "0"), None) for gas, name in (("CO2-fossil", "CO2_kg"), ("CO", "CO_kg"))]
    group = weighed(Direct(group="direct", lines=tuple(lines), anodes=anodes), range(len(lines)), own_tables)
    masses = {_NAME.get(str(line.gas), str(line.gas)): trillionths(line.mass_kg) for line in group.lines}
    rows = own_lines([group], tables=own_tables, gwp="AR6").rows
    weights = own_tables.gwp.weights["AR6"]
    whole = fraction_of(co2e(rows, weights).location)
    perfluorinated = {key: pair for key, pair in rows.items() if key[1] in PFCS}
    oxidised = gas_carbon(group, CARBON_OXIDES)
    return {
        **{f"{gas}_kg": fraction_of(mass) for gas, mass in masses.items()},
        "CO2_direct_kg": fraction_of(masses.get("CO2", 0)),
        "CO2_if_CO_oxidised_kg": fraction_of(rows.get(("direct", "CO2-fossil"), Pair(0, 0)).location),
        "C_to_PFC_kg": fraction_of(gas_carbon(group, PFCS)),
        "C_oxidised_kg": fraction_of(oxidised),
        "net_anode_carbon_kg": fraction_of(net_anode_carbon(group) or 0),
        "PFC_kgCO2e": fraction_of(co2e(perfluorinated, weights).location),
        "direct_kgCO2e_CO_oxidised": whole,
        "kgCO2e": whole,
        **_cell(inputs, metal, group, own_tables),
    }


_NAME: Final = {"CO2-fossil": "CO2"}


def _of_one_kg(inputs: Case) -> Case:
    """Return the members of a case that tells them for a kg of metal as members for the mass of it."""
    told = {_ALIAS.get(name, name): value for name, value in inputs.items()}
    if "metal_kg" in told or "metal_t" in told:
        return told
    each = {name.replace("_kg_per_kg", "_kg"): value for name, value in told.items()}
    if "metal" not in told:
        raise UnsupportedError(f"electrolysis: {', '.join(inputs)}")
    return {"metal_kg": "1", **each, **{f"{name[:-7]}_kg": told[name] for name in told if name in _PER_KG}}


_ALIAS: Final = {
    "direct_CO2_kg": "CO2_kg", "direct_CO2_kg_per_kg": "CO2_kg_per_kg", "kgCO2_per_kg": "CO2_kg_per_kg", "direct_CO_kg": "CO_kg",
    "claimed_CO2_kg": "CO2_kg", "claimed_CO2_kg_per_kg": "CO2_kg_per_kg", "reported_CO2_kg": "CO2_kg", "reported_CF4_kg": "CF4_kg",
    "CO2_direct_kg": "CO2_kg", "claimed_CF4_kg": "CF4_kg", "anode_carbon_kg": "net_anode_carbon_kg",
    "anode_carbon_kg_per_kg": "net_anode_carbon_kg_per_kg", "net_anode_C_kg": "net_anode_carbon_kg", "anode_C_kg": "net_anode_carbon_kg",
}  # fmt: skip
"""Members that cases may have for one another."""

_PER_KG: Final = ("CO2_per_kg", "CO_per_kg", "CF4_per_kg", "C2F6_per_kg", "C3F8_per_kg")


def _cell(inputs: Case, metal: int, group: Direct, tables: FactorTables) -> Answer:
    """Return the floors of a cell and the most that its charge can give, and what the rules say to it."""
    parts = _parts(inputs.get("metal"), first(inputs, "composition", "metal_composition"))
    if parts is None:
        return {}
    masses = {element: of(metal, Fraction(part)) for element, part in parts.items()}
    charge, kwh = _charge(inputs), _kwh_of(inputs, metal)
    most = metal_ceiling({formula: scaled_of(mass) for formula, mass in charge.items()})
    made = trillionths_text(divide(metal, 10**6) * 10**6)
    run = case_inventory("oxide-electrolysis", charge, [("metal", made, parts)], tables, kwh=kwh or "0")
    cell = with_group(replace(run, tables=both(tables, run.tables)), _with_anodes(group))
    floor, each = floor_of(masses, anode_carbon_floor), Fraction(metal, SCALE)
    volts = Fraction(str(first(inputs, "decomposition_V", "decomposition_voltage_V") or DECOMPOSITION_VOLTAGE))
    energy = floor_of(masses, lambda element: electrolysis_floor(element, volts))
    carbon = floor_of(masses, lambda element: anode_carbon_floor(element) * CO2_PER_CARBON)
    floors = {"floor_anode_C": floor, "floor_CO2": carbon, "floor_kWh": energy}
    return {
        **{f"{name}{'' if name == 'floor_kWh' else '_kg'}": fraction_of(value) for name, value in floors.items()},
        **{f"{name}_{unit}": fraction_of(value) / each for name, value in floors.items() if each
           for unit in ("kg_per_kg", "per_kg")},
        "max_metal_kg": fraction_of(sum(most.values())),
        **verdict((run, ("M-ELEM", "M-OXMET") if charge else ()), (run, ("E-ELY",) if kwh else ()), (cell, _asked(inputs, group))),
    }  # fmt: skip


def _charge(inputs: Case) -> dict[str, str]:
    """Return what is charged by its formula: an oxide and its mass, or a mixture of oxides."""
    mass = inputs["oxide_kg"] if "oxide_kg" in inputs else inputs.get("charged_kg")
    match inputs.get("oxide"):
        case str() as oxide if mass is not None:
            return {oxide: str(mass)}
        case dict() as parts if mass is not None:
            return {oxide: trillionths_text(of(scaled_of(mass), Fraction(part))) for oxide, part in parts.items()}
        case _:
            return {}


def _kwh_of(inputs: Case, metal: int) -> str | None:
    whole = first(inputs, "kWh", "electricity_kWh")
    if whole is not None:
        return str(whole)
    each = first(
        inputs,
        "kWh_per_kg",
        "electricity_kWh_per_kg",
        "claimed_kWh_per_kg",
        "kWh_per_kg_metal",
        "electricity_kWh_per_kg_metal",
    )
    return None if each is None else trillionths_text(of(metal, Fraction(str(each))))


def _with_anodes(group: Direct) -> Direct:
    """Return a cell whose anodes lost just what was given off, where a case does not tell of them."""
    if group.anodes is not None:
        return group
    lost = gas_carbon(group, (*CARBON_OXIDES, *PFCS))
    return group.model_copy(update={"anode_carbon_kg": trillionths_text(lost)})


def _asked(inputs: Case, group: Direct) -> tuple[str, ...]:
    """Return the rules that a case tells enough of: the carbon oxides, the perfluorocarbons, or both."""
    given = {line.gas for line in group.lines}
    asked = [rule for rule, gases in (("C-ELY", CARBON_OXIDES), ("F-PFC", PFCS)) if given.intersection(gases)]
    return tuple(asked) if asked or _kwh_of(inputs, 0) or _charge(inputs) else ("C-ELY", "F-PFC")


def _parts(metal: object, composition: object) -> dict[str, str] | None:
    """Return a metal as a composition: fractions by element, or an element."""
    told = composition or metal
    match told:
        case str() if told in RARE_EARTHS:
            return {told: "1"}
        case dict():
            return {str(element): str(part) for element, part in told.items()}
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
    said = like(inputs, "monitor") if like(inputs, "continuous") is None else like(inputs, "continuous")
    continuous = is_said(said) and not (isinstance(said, str) and said.casefold() in _AT_TIMES)
    return Measured(by="measured", monitor="monitor of the case", continuous=True) if continuous else None


_AT_TIMES: Final = ("spot", "periodic", "at times", "intermittent", "sampling", "campaign", "estimated", "default")


def _defaults(inputs: Case, tables: FactorTables) -> FactorTables:
    """Return tables with the case's own factors in g for a t of metal."""
    grams = inputs.get("EF_g_per_t", {})
    values = tuple((gas_of(gas), divide(scaled_of(each), 10**6)) for gas, each in grams.items())
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
