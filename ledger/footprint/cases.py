"""Validation cases run through the real engine: one adapter for each family, which renames and holds no arithmetic.

Rules: an adapter takes a case's ``inputs`` and returns an answer in the form of its ``expected``, with exact fractions
for numbers; `compare` tells where the two differ.  Chain cases are per kg and have up to 12 decimals, so they are run
for 10^6 kg.  A family or member that no adapter knows raises `InputError` (``validate.unsupported``), which counts as
failed.

What this module does not do: reading files, or judging what it was not asked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.combustion import energy_mj, ipcc_co2_factor, printed
from ledger.chemistry.elements import ATOMIC_WEIGHT, REFERENCE_OXIDE
from ledger.chemistry.exact import SCALE, scaled
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import mass_ratio, metal_ceiling, of
from ledger.footprint.allocation import allocate
from ledger.footprint.case_process import electricity, electrolysis, process_co2, same_per_kg, slope_between_grids
from ledger.footprint.case_runs import GAS, UNIT, case_tables, chain, fraction_of, red_team, scaled_of
from ledger.footprint.circular import Circular
from ledger.footprint.engine import Share, Terms, weights_of
from ledger.footprint.figures import co2e
from ledger.footprint.lines import own_lines
from ledger.footprint.quality import BEST, Weighing, gsd2, variance_of
from ledger.holdings.split import check_parts
from schemas.inventory import Direct, DirectLine, FuelLine, Fuels, MaterialLine, Materials
from schemas.problem import InputError, OreprintError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.footprint.factors import FactorTables
    from schemas.vocabulary import Gas

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def answer(case: Case, tables: FactorTables) -> Answer:
    """Return what the engine says to a case; error ``validate.unsupported``."""
    family = str(case.get("family"))
    adapter = ADAPTERS.get(family)
    if adapter is None:
        raise InputError.at("validate.unsupported", str(case.get("id")), what=f"family {family}")
    try:
        return adapter(case["inputs"], tables)
    except (KeyError, TypeError, IndexError) as error:
        raise InputError.at("validate.unsupported", str(case.get("id")), what=f"{family}: {error}") from error


# -- adapters -----------------------------------------------------------------------------------------------------


def _stoichiometry(inputs: Case, _: FactorTables) -> Answer:
    if "formula" in inputs:
        for element, given in inputs.get("atomic_weights", {}).items():
            if trillionths(given) != ATOMIC_WEIGHT[element]:
                raise InputError.at("validate.unsupported", what=f"another atomic weight of {element}")
        compound, element = parse_formula(inputs["formula"]), inputs["element"]
        each = mass_ratio(compound.text, element, moles=1 / compound.count(element))
        return {"mass_fraction": compound.mass_fraction(element), "oxide_per_element": each}
    whole = scaled_of(inputs["oxide_kg"])
    charge = {formula: of(whole, Fraction(share)) for formula, share in inputs["composition"].items()}
    most = sum(metal_ceiling(charge).values())
    return {"max_metal_kg": fraction_of(most), "metal_kg": fraction_of(of(most, Fraction(inputs["recovery"])))}


def _combustion(inputs: Case, tables: FactorTables) -> Answer:
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


def _allocation(inputs: Case, _: FactorTables) -> Answer:
    total = scaled_of(inputs["total_kgCO2e"])
    masses = {name: scaled_of(mass) for name, mass in inputs["outputs_kg"].items()}
    prices = {name: scaled_of(price) for name, price in inputs.get("price_per_kg", {}).items()}
    # In a case every kg counts the same by mass, whatever it is: as kg of one rare earth.
    outputs = [Share(mass, {"Nd": mass}, prices.get(name), allocated=True) for name, mass in masses.items()]
    found: dict[str, Any] = {}
    for method, shared in (("economic", bool(prices)), ("mass", True)):
        if not shared:
            continue
        weights = weights_of(Terms("separation", "AR6", "economic" if method == "economic" else "mass", "RE"), outputs)
        parts = allocate(total, weights)
        shares = allocate(SCALE, weights)
        found[f"{method}_share"] = dict(zip(masses, map(fraction_of, shares), strict=True))
        found[f"{method}_kgCO2e_per_kg"] = {
            name: Fraction(part, mass) for (name, mass), part in zip(masses.items(), parts, strict=True)
        }
        found[f"{method}_kgCO2e"] = dict(zip(masses, map(fraction_of, parts), strict=True))
        found[f"sum_check_{method}"] = fraction_of(sum(parts))
    return found


def _custody(inputs: Case, _: FactorTables) -> Answer:
    made = scaled_of(inputs["upstream"]["kg"])
    drawn = [
        scaled_of(next(value for name, value in item.items() if name.endswith("kg"))) for item in inputs["consumptions"]
    ]
    left = made - sum(drawn)
    try:
        check_parts(made, [*drawn, left] if left > 0 else drawn)
    except OreprintError as error:
        reason = f"sum of consumptions {trillionths_text(sum(drawn))} kg exceeds {trillionths_text(made)} kg issued"
        return {"verdict": "reject", "reason": reason, "excess_kg": fraction_of(-left), "code": error.code}
    return {"verdict": "accept", "left_kg": fraction_of(left)}


def _published(inputs: Case, tables: FactorTables) -> Answer:
    if "stages" in inputs:
        stages = [_brought(stage["kg_per_kg"], stage["gwp"], tables) for stage in inputs["stages"]]
        whole = sum(stages)
        # A case calls its total after the product, which stands in no other member.
        return {
            "stage_contributions": stages,
            **{f"kgCO2e_per_kg_{oxide}": whole for oxide in REFERENCE_OXIDE.values()},
        }
    if "reference" in inputs:
        return slope_between_grids(inputs, tables)
    if any(name.endswith(("O3_kg", "O2_kg", "O7_kg", "O11_kg")) for name in inputs):
        return same_per_kg(inputs)
    masses = {name.removesuffix("_kg"): scaled_of(mass) for name, mass in inputs.items() if name.endswith("_kg")}
    gases = {gas.removesuffix("_fossil"): mass for gas, mass in masses.items()}
    sets = [name for name in ("AR4", "AR5", "AR6") if name in inputs]
    found = {f"{name}_kgCO2e": _given_off(gases, inputs[name], tables) for name in sets}
    published = next((Fraction(value) for name, value in inputs.items() if name.startswith("published_total")), None)
    shares = {f"share_of_published_total_{name}": found[f"{name}_kgCO2e"] / published for name in sets if published}
    return {**found, **shares}


def _uncertainty(inputs: Case, _: FactorTables) -> Answer:
    """Combine uncertainty factors of a line, all of them as GSD2."""
    return {"GSD2_95": fraction_of(gsd2(variance_of([inputs["basic_GSD2"], *inputs["indicator_GSD2"]])))}


def _data_quality(inputs: Case, _: FactorTables) -> Answer:
    weighing, total = Weighing(), 0
    for item in inputs["items"]:
        total += scaled_of(item["kgCO2e"])
        weighing.add(scaled_of(item["kgCO2e"]), scaled_of(item["primary"]), rating=BEST, variance=0)
    share = fraction_of(trillionths(weighing.quality().primary_share))
    return {"total": fraction_of(total), "PDS_percent": share * 100}


def _given_off(masses: Mapping[str, int], gwp: Mapping[str, str], tables: FactorTables) -> Fraction:
    """Return kg CO2e of process emissions under a case's own GWPs."""
    lines = tuple(
        DirectLine(name=gas, basis="metered", substance=gas, gas=GAS[gas], mass_kg=trillionths_text(mass))
        for gas, mass in masses.items()
    )
    own = case_tables({}, gwp, tables)
    rows = own_lines([Direct(group="direct", lines=lines)], tables=own, gwp="AR6").rows
    return fraction_of(co2e(rows, own.gwp.weights["AR6"]).location)


def _brought(amount: str, factor: str, tables: FactorTables) -> Fraction:
    """Return kg CO2e of an amount of a material with a case's own factor."""
    own = case_tables({"stage": (("CO2e", scaled_of(factor)),)}, {}, tables)
    line = MaterialLine(
        name="stage", basis="metered", mass_kg=trillionths_text(scaled_of(amount) * UNIT), factor="case/stage"
    )
    rows = own_lines([Materials(group="materials", lines=(line,))], tables=own, gwp="AR6").rows
    return fraction_of(rows["materials", "CO2e"].location) / UNIT


def _circular(inputs: Case, _: FactorTables) -> Answer:
    given = (scaled_of(inputs[name]) for name in ("Ev", "A", "Qsin_over_Qp"))
    formula, share, recycled = Circular(*given), scaled_of(inputs["R1"]), scaled_of(inputs["Erecycled"])
    return {
        "production_term": fraction_of(formula.production(share, recycled)),
        "cut_off_equivalent": fraction_of(formula.cut_off(share, recycled)),
    }


ADAPTERS: Final[Mapping[str, Callable[[Case, FactorTables], Answer]]] = {
    "stoichiometry": _stoichiometry,
    "combustion": _combustion,
    "allocation": _allocation,
    "chain": chain,
    "electricity": electricity,
    "electrolysis": electrolysis,
    "process CO2": process_co2,
    "uncertainty": _uncertainty,
    "data quality": _data_quality,
    "published recompute": _published,
    "recycled content": _circular,
    "chain of custody": _custody,
    "red team": red_team,
}
