"""Validation cases of one plant's process: electricity, electrolysis, process CO2, and published results done again.

Rules: as in `ledger.footprint.cases`: an adapter turns members into lines that the engine computes and the rules judge, and
names what they answer.  A member's unit is in its name (``_t``, ``_kg``, ``_kWh``); amounts in t are run as kg, and what is told
in t is the same number.  What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, mass_ratio, of
from ledger.footprint.case_runs import GAS, UNIT, case_factor, case_inventory, case_tables, fraction_of, scaled_of
from ledger.footprint.emissions import PFCS, determined, gas_carbon
from ledger.footprint.factors import FactorSet, FactorTables
from ledger.footprint.figures import Pair, co2e, per_kg
from ledger.footprint.grid import TABLE, grid_factors, per_kwh
from ledger.footprint.lines import electricity_results, own_lines
from ledger.footprint.reduction import carbon_floor
from ledger.footprint.rules import BEFORE, judge
from schemas.determination import AnodeBalance, Anodes, Decomposition, Default, Ratio, Slope
from schemas.inventory import Direct, DirectLine, Electricity, ElectricityLine, Instrument
from schemas.problem import InputError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.footprint.factors import Factor
    from ledger.footprint.inventory import Inventory
    from schemas.determination import Determination
    from schemas.inventory import InventoryGroup
    from schemas.vocabulary import ElectricitySet, Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

YEAR: Final = 2025
"""The year of a case that names none; its run is in the month that `case_inventory` gives every case."""

_PLACES: Final = ("CN-NM", "CN-ZJ", "MY-01", "AU-WA")
"""Grids that stand for those a case names in words: equal for equal words."""


# -- electricity --------------------------------------------------------------------------------------------------


def electricity(inputs: Case, tables: FactorTables) -> Answer:
    """Return electricity by location and by market, and whether the rules let it pass."""
    if "lbCO2_per_MWh" in inputs:
        return _pounds(inputs, tables)
    if isinstance(inputs.get("factors"), dict) and not _first(inputs, "location_factor"):
        return {
            year: _power({**inputs, "location_factor": each}, tables)[0] for year, each in inputs["factors"].items()
        }
    location, market, run = _power(inputs, tables)
    return {
        "location_based_kgCO2e": location,
        "market_based_kgCO2e": market,
        **_verdict(run, "E-SET", "X-DOUBLE", "X-TIME"),
    }


def _power(inputs: Case, tables: FactorTables) -> tuple[Fraction, Fraction, Inventory]:
    run = _power_run(inputs, tables)
    pairs = dict(electricity_results(run.power.lines[0], run.tables))
    pair = co2e({("electricity", gas): each for gas, each in pairs.items()}, run.tables.gwp.weights["AR6"])
    return fraction_of(pair.location), fraction_of(pair.market), run


def _power_run(inputs: Case, tables: FactorTables) -> Inventory:
    """Return a run whose only line is the case's electricity."""
    places = _named([inputs.get("grid"), *(inputs.get(name) for name in _INSTRUMENT_GRID)])
    grid = places[inputs.get("grid")]
    year = int(_first(inputs, "year", "production_year") or YEAR)
    own_tables = _grid_tables(inputs, grid, year, tables)
    due = grid_factors(own_tables, grid, year, chosen=_set(inputs), gwp="AR6")
    uncovered = f"{TABLE}/claimed" if f"{TABLE}/claimed" in own_tables.by_id else due.uncovered.id if due else ""
    kwh = _kwh(inputs)
    instruments = [
        Instrument(
            scheme="contract",
            statement=str(statement),
            kwh=trillionths_text(covered),
            grid=places[_first(inputs, *_INSTRUMENT_GRID) or inputs.get("grid")],
            year=str(_first(inputs, *_INSTRUMENT_YEAR) or year),
            factor=f"{TABLE}/contract",
        )
        for statement, covered in _covered(inputs, kwh)
    ]
    line = ElectricityLine(
        name="electricity",
        basis="metered",
        amount_kwh=trillionths_text(kwh),
        grid=grid,
        factor=f"{TABLE}/location",
        uncovered=uncovered,
        instruments=tuple(instruments),
    )
    run = case_inventory("alloy-melting", {}, [], tables)
    run = _with(run, Electricity(group="electricity", lines=(line,)))
    period = run.period.model_copy(update={"start": f"{year}-01-01", "end": f"{year}-01-31"})
    return replace(run, tables=_both(own_tables, run.tables), period=period, electricity=_set(inputs))


_INSTRUMENT_GRID: Final = ("contract_grid", "certificate_grid", "instrument_grid")
_INSTRUMENT_YEAR: Final = ("contract_year", "certificate_year", "instrument_year")
_FACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "location": ("location_factor", "grid_factor", "average_factor"),
    "residual": ("residual_factor", "residual_mix_factor"),
    "contract": ("contract_factor", "supplier_factor", "certificate_factor", "instrument_factor", "green_factor"),
    "claimed": ("claimed_factor", "uncovered_factor", "market_factor"),
}
_FLOW: Final = {"location": "location", "residual": "residual", "contract": "electricity-case", "claimed": "claimed"}


def _grid_tables(inputs: Case, grid: str, year: int, tables: FactorTables) -> FactorTables:
    chosen = _set(inputs)
    rows: dict[str, Factor] = {}
    for name, members in _FACTORS.items():
        value = _first(inputs, *members)
        if value is not None:
            rows[f"{TABLE}/{name}"] = replace(
                case_factor(f"{TABLE}/{name}", (("CO2-fossil", scaled_of(value)),)),
                flow="life-cycle" if name == "location" and chosen == "life-cycle" else _FLOW[name],
                geography=grid,
                year=int(_first(inputs, f"{name}_factor_year", "factor_year") or year),
                per="kWh",
                set=_first(inputs, f"{name}_factor_set", f"{name}_set") or chosen,
            )
    own = case_tables({}, inputs.get("GWP", {}), tables)
    return FactorTables({TABLE: FactorSet(TABLE, "", "public", rows)}, own.gwp)


def _set(inputs: Case) -> ElectricitySet:
    return "life-cycle" if "life" in str(_first(inputs, "electricity_set", "factor_set", "set") or "") else "direct"


def _kwh(inputs: Case) -> int:
    return scaled_of(inputs["kWh"]) if "kWh" in inputs else scaled_of(inputs["MWh"]) * 1000


def _covered(inputs: Case, kwh: int) -> list[tuple[str, int]]:
    """Return each instrument's statement and kWh."""
    share = _first(inputs, "green_share", "covered_share", "contract_share", "renewable_share")
    amount = _first(inputs, "covered_kWh", "contract_kWh", "certificate_kWh", "certificates_kWh", "instrument_kWh")
    if share is None and amount is None:
        return []
    covered = of(kwh, Fraction(share)) if amount is None else scaled_of(amount)
    statements = inputs.get("statements") or [_first(inputs, "statement", "certificate_id") or "case"]
    return [(statement, divide(covered, len(statements))) for statement in statements]


def _named(words: Iterable[object]) -> dict[object, str]:
    return dict(zip(dict.fromkeys(words), _PLACES, strict=False))


def _pounds(inputs: Case, tables: FactorTables) -> Answer:
    """Return kg CO2e of a kWh whose factors are in lb/MWh."""
    values: dict[str, tuple[tuple[Gas, int], ...]] = {
        "grid": tuple(
            (GAS[name.removeprefix("lb").removesuffix("_per_MWh")], per_kwh(scaled_of(value)))
            for name, value in inputs.items()
            if name.startswith("lb") and name.endswith("_per_MWh")
        )
    }
    own = case_tables(values, inputs["GWP"], tables)
    kwh = trillionths_text(_kwh(inputs)) if {"kWh", "MWh"} & set(inputs) else "1"
    line = ElectricityLine(
        name="electricity", basis="metered", amount_kwh=kwh, grid=_PLACES[0], factor="case/grid", uncovered="case/grid"
    )
    rows = own_lines([Electricity(group="electricity", lines=(line,))], tables=own, gwp="AR6").rows
    found = fraction_of(co2e(rows, own.gwp.weights["AR6"]).location)
    return {"kgCO2e_per_kWh": found / Fraction(kwh), "kgCO2e": found}


# -- electrolysis -------------------------------------------------------------------------------------------------


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
    run = _with(replace(run, tables=_both(tables, run.tables)), group)
    return {
        "floor_anode_C_kg": fraction_of(floor),
        "floor_CO2_kg": fraction_of(of(floor, CO2_PER_CARBON)),
        **_verdict(run, "C-ELY", "F-PFC"),
    }


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
        return [_line(gas, mass, None) for gas, mass in given.items()]
    mass = trillionths_text(metal)
    if "EF_g_per_t" in inputs:
        default = Default(by="default", factor="case/pfc", mass_kg=mass)
        return [_line(gas, "0", default) for gas in inputs["EF_g_per_t"]]
    slope = _like(inputs, "slope") or _like(inputs, "coefficient")
    minutes = _like(inputs, "minutes") or _like(inputs, "AEM") or _like(inputs, "AE_min")
    if slope is None or minutes is None:
        return []
    how = Slope(by="slope", coefficient=slope, minutes_per_cell_day=minutes, metal_kg=mass)
    ratio = _like(inputs, "ratio") or _like(inputs, "C2F6_per_CF4") or _like(inputs, "fraction_C2F6")
    lines = [_line("CF4", "0", how)]
    return lines if ratio is None else [*lines, _line("C2F6", "0", Ratio(by="ratio", to="CF4", ratio=ratio))]


def _defaults(inputs: Case, tables: FactorTables) -> FactorTables:
    """Return tables with the case's own factors in g for a t of metal."""
    grams = inputs.get("EF_g_per_t", {})
    values = tuple((GAS[gas], divide(scaled_of(each), 10**6)) for gas, each in grams.items())
    return case_tables({"pfc": values}, inputs.get("GWP", {}), tables)


def _anodes(inputs: Case) -> Anodes | None:
    used = _first(inputs, "net_anode_carbon_kg", "anode_kg", "anode_used_kg", "gross_anode_kg", "anode_consumption_kg")
    if used is None:
        return None
    as_co = _like(inputs, "leaving_as_CO") or _like(inputs, "as_CO") or _like(inputs, "CO_fraction") or "0"
    return Anodes(
        used_kg=used,
        butts_kg=_first(inputs, "butts_kg", "anode_butts_kg") or "0",
        dust_kg=_first(inputs, "dust_kg", "carbon_dust_kg") or "0",
        carbon=_first(inputs, "carbon_fraction", "anode_carbon_fraction", "carbon_content") or "1",
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
        found = _given_up(compound, value, _share(inputs, name, "purity", "fraction"), inputs, tables)
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
            decomposed=_share(inputs, "", "decomposed", "conversion", "calcination_degree"),
            burnt=burnt,
            recovered=_share(inputs, "", "recovered", "recovery", default="0"),
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


# -- published results --------------------------------------------------------------------------------------------


def slope_between_grids(inputs: Case, tables: FactorTables) -> Answer:
    """Return the difference that two grids make to a step, predicted from another step's difference for each kWh."""
    reference = inputs["reference"]
    one, other = [name.removeprefix("gwp_") for name in reference if name.startswith("gwp_")]
    delta = _difference(reference[f"gwp_{one}"], reference[f"gwp_{other}"])
    each = per_kg(Pair(delta, delta), divide(scaled_of(reference["kWh_per_kg"]), 10**6)).location
    own = case_tables({"difference": (("CO2e", each),)}, {}, tables)
    line = ElectricityLine(
        name="electricity",
        basis="metered",
        amount_kwh=inputs["target_kWh_per_kg"],
        grid=_PLACES[0],
        factor="case/difference",
        uncovered="case/difference",
    )
    predicted = dict(electricity_results(line, own))["CO2e"].location
    found = {
        "delta_reference": delta,
        "implied_factor_difference_kgCO2e_per_kWh": each,
        "predicted_delta": predicted,
        "published_delta": _difference(*(inputs[f"target_gwp_{name}"] for name in (one, other))),
    }
    return {name: fraction_of(value) for name, value in found.items()}


def _difference(one: str, other: str) -> int:
    return scaled_of(one) - scaled_of(other)


def same_per_kg(inputs: Case) -> Answer:
    """Return a reagent for a kg of each of two co-products that a mass key serves alike, and the difference."""
    products = [name for name in inputs if name.endswith("_kg")]
    each = {}
    for letter, product in zip("ab", products, strict=True):
        element = next(name for name, _ in parse_formula(product.removesuffix("_kg")).atoms if name in RARE_EARTHS)
        reagent = next(name for name in inputs if name.endswith(f"_{element}") and not name.startswith("published"))
        # 10^12 times the reagent, 10^6 times the product: the quotient has 12 places more, and is rounded once
        amount = scaled_of(inputs[reagent]) * SCALE * UNIT
        each[letter] = fraction_of(per_kg(Pair(amount, amount), scaled_of(inputs[product])).location) / SCALE
    found = {f"ratio_inputs_per_kg_{letter}": value for letter, value in each.items()}
    return {**found, "difference": each["a"] - each["b"]}


# -- members ------------------------------------------------------------------------------------------------------


def _with(run: Inventory, group: InventoryGroup) -> Inventory:
    """Return a run with one of its groups replaced."""
    return replace(run, groups=[group if each.group == group.group else each for each in run.groups])


def _both(own: FactorTables, others: FactorTables) -> FactorTables:
    """Return a case's own factors and GWPs, and the factors that its run was made with."""
    rows = {**others.by_id, **own.by_id}
    return FactorTables({"case": FactorSet("case", "", "public", rows)}, own.gwp)


def _verdict(run: Inventory, *rules: str) -> dict[str, str]:
    """Return whether any of some rules rejects a run, and the first that does."""
    asked = [rule for rule in BEFORE if rule.id in rules and rule.severity == "reject"]
    found = {finding.rule.id for finding in judge(run, asked)}
    rejecting = [rule for rule in rules if rule in found]
    return {"verdict": "reject" if rejecting else "accept", "rule": (rejecting or rules)[0]}


def _first(inputs: Case, *names: str) -> Any:  # noqa: ANN401 - a member as the case has it
    return next((inputs[name] for name in names if name in inputs), None)


def _like(inputs: Case, part: str) -> Any:  # noqa: ANN401 - a member as the case has it
    return next((value for name, value in inputs.items() if part.casefold() in name.casefold()), None)


def _share(inputs: Case, name: str, *words: str, default: str = "1") -> str:
    """Return a share by its words, alone or with the name it is of."""
    members = [member for word in words for member in (f"{name}_{word}", f"{word}_{name}", word)]
    return str(_first(inputs, *members) or default)
