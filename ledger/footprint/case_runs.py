"""Validation cases that are runs: chains of processes, and the red team's forgeries, put before the engine and its rules.

Rules: chain cases are per kg and have up to 12 decimals, so they are run for 10^6 kg; in a case every kg counts the same
by mass, whatever it is, as kg of one rare earth.  A forgery becomes an inventory that the real rules judge.

What this module does not do: comparing (`ledger.validate`).
"""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.exact import SCALE, scaled
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import metal_ceiling
from ledger.footprint.engine import Share, Taken, Terms, by_group, compute
from ledger.footprint.factors import Factor, FactorSet, FactorTables, Gwp
from ledger.footprint.figures import co2e_document, figure_rows, per_kg
from ledger.footprint.indicators import in_words, indicator_rows
from ledger.footprint.inventory import Inventory, Outgoing
from ledger.footprint.reduction import energy_floor, process_floor_of
from ledger.footprint.rules import BEFORE, judge
from schemas.instant import Period
from schemas.inventory import (
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    MaterialLine,
    Materials,
    Transport,
    Waste,
)
from schemas.problem import InputError
from schemas.quantity import trillionths_text
from schemas.run import Allocation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.engine import Result
    from schemas.inventory import InventoryGroup
    from schemas.vocabulary import Gas, Kind, Step

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

UNIT: Final = 10**6
"""Functional unit of a chain case in kg: 12 decimals of a kg become whole mg."""


GAS: Final[Mapping[str, Gas]] = {
    "CO2": "CO2-fossil",
    "CH4": "CH4-fossil",
    "CH4_fossil": "CH4-fossil",
    "CH4_biogenic": "CH4-biogenic",
    "N2O": "N2O",
    "CF4": "CF4",
    "C2F6": "C2F6",
    "C3F8": "C3F8",
    "SF6": "SF6",
    "NF3": "NF3",
}
_GROUP: Final = {"materials": "reagents", "fuels": "fuel", "electricity": "electricity", "direct": "direct"}
NOWHERE: Final = "ZZ-ZZ"


def chain(inputs: Case, tables: FactorTables) -> Answer:
    """Return the result for a kg of each process, and what it is made of."""
    values: dict[str, tuple[tuple[Gas, int], ...]] = {
        f"f{index}": (("CO2e", scaled_of(value)),) for index, value in enumerate(inputs["factors"].values())
    }
    ids = {name: f"case/f{index}" for index, name in enumerate(inputs["factors"])}
    own_tables = case_tables(values, inputs["gwp"], tables)
    gwp = own_tables.gwp.weights["AR6"]
    results: dict[str, tuple[int, Result]] = {}
    for process in inputs["processes"]:
        net = scaled_of(process["reference_kg"])
        taken = [
            _taken(results[item["process"]], scaled_of(item["amount"]))
            for item in process["inputs"]
            if "process" in item
        ]
        share = scaled(Fraction(process.get("allocation_share", "1")))
        outputs = [
            Share(net, {"Nd": share}, SCALE, allocated=True),
            Share(net, {"Nd": SCALE - share}, SCALE, allocated=True),
        ]
        terms = Terms("separation", "AR6", "mass", "RE")
        rest = outputs if share != SCALE else outputs[:1]
        results[process["id"]] = net, _computed(terms, process, ids, taken, rest, own_tables)
    return {
        "kgCO2e_per_kg": {name: _each(result.outputs[0].total, net) for name, (net, result) in results.items()},
        "breakdown": {
            name: {_GROUP.get(group, group): _each(pair, net) for group, pair in by_group(result, 0, gwp).items()}
            for name, (net, result) in results.items()
        },
    }


def _each(pair: Any, net_mg: int) -> Fraction:  # noqa: ANN401 - a Pair
    return fraction_of(per_kg(pair, net_mg).location)


def _taken(source: tuple[int, Result], mass_mg: int) -> Taken:
    net, result = source
    output = result.outputs[0]
    rows, alternative = figure_rows(output.rows), co2e_document(output.alternative)
    return Taken(
        mass_mg, net, rows, alternative, indicator_rows(output.indicators), in_words(result.partial), result.quality
    )


def _computed(
    terms: Terms,
    process: Case,
    ids: Mapping[str, str],
    taken: list[Taken],
    outputs: list[Share],
    tables: FactorTables,
) -> Result:
    groups: list[InventoryGroup] = [
        Materials(group="materials", lines=tuple(_materials(process, ids))),
        Fuels(group="fuels", lines=tuple(_fuels(process, ids))),
        Electricity(group="electricity", lines=tuple(_power(process, ids))),
        Direct(group="direct", lines=tuple(_direct(process))),
    ]
    return compute(terms, groups, taken, outputs, tables=tables)


def _lines(process: Case, group: str | None) -> Iterator[tuple[str, str]]:
    for item in process["inputs"]:
        if "factor" in item and item.get("group") == group:
            yield item["factor"], trillionths_text(scaled_of(item["amount"]) * UNIT)


def _materials(process: Case, ids: Mapping[str, str]) -> Iterator[MaterialLine]:
    for name, amount in _lines(process, None):
        yield MaterialLine(name=name, basis="metered", mass_kg=amount, factor=ids[name])


def _fuels(process: Case, ids: Mapping[str, str]) -> Iterator[FuelLine]:
    for name, amount in _lines(process, "fuel"):
        yield FuelLine(name=name, basis="metered", amount=amount, unit="kg", factor=ids[name])


def _power(process: Case, ids: Mapping[str, str]) -> Iterator[ElectricityLine]:
    for name, amount in _lines(process, "electricity"):
        yield ElectricityLine(
            name=name, basis="metered", amount_kwh=amount, grid=NOWHERE, factor=ids[name], uncovered=ids[name]
        )


def _direct(process: Case) -> Iterator[DirectLine]:
    for item in process.get("direct", ()):
        mass = trillionths_text(scaled_of(item["kg"]) * UNIT)
        gas = GAS[item["gas"]]
        yield DirectLine(name=item["gas"], basis="metered", substance=item["gas"], gas=gas, mass_kg=mass)


def red_team(inputs: Case, tables: FactorTables) -> Answer:
    """Return the verdict on a forgery, and the figure that gives it away."""
    match inputs:
        case {"oxide": oxide, "oxide_kg": charged, "metal": metal, "metal_kg": made}:
            run = case_inventory("oxide-electrolysis", {oxide: charged}, [("metal", made, {metal: "1"})], tables)
            most = metal_ceiling({oxide: scaled_of(charged)})[metal]
            return {**_verdict(run, "M-ELEM", "M-OXMET"), "max_metal_kg": fraction_of(most)}
        case {"metal": metal, "kWh_per_kg": kwh}:
            run = case_inventory("oxide-electrolysis", {}, [("metal", "1", {metal: "1"})], tables, kwh=kwh)
            floor = energy_floor({metal: SCALE})
            return {**_verdict(run, "E-ELY"), "floor_kWh_per_kg": fraction_of(floor)}
        case {"process": "calcination", "product_kg": product, "fuel": dict(fuel), "NCV_MJ_per_kg": value}:
            energy = sum((Fraction(kg) * Fraction(value) for kg in fuel.values()), Fraction())
            run = case_inventory("separation", {}, [("oxide", product, {"Nd": "1"})], tables, energy_mj=energy)
            return {**_verdict(run, "E-CALC"), "MJ_per_kg_oxide": energy / Fraction(product)}
        case {"product_kg": product, "scrap_kg": scrap, **shares}:
            return _from_scrap(product, scrap, shares, tables)
        case {"grid": grid, "claimed_kgCO2e_per_kg": claimed, "product": product}:
            return _below_floor(grid, claimed, product)
        case _:
            raise InputError.at("validate.unsupported", what=f"red team: {', '.join(inputs)}")


def _from_scrap(product: str, scrap: str, shares: Case, tables: FactorTables) -> Answer:
    """Judge an element of which more comes out than the declared scrap and primary metal hold."""
    element = next(name for name in shares if name.endswith("_wt") and not name.startswith("scrap_")).partition("_")[0]
    part, held = shares[f"{element}_wt"], shares[f"scrap_{element}_wt"]
    primary = shares.get(f"primary_{element}_kg", "0")
    given = {"scrap": (scrap, {element: held})} | ({"primary": (primary, {element: "1"})} if Fraction(primary) else {})
    run = case_inventory("magnet-production", {}, [("magnet", product, {element: part})], tables, materials=given)
    return {
        **_verdict(run, "M-ELEM"),
        f"{element}_required_kg": fraction_of(run.product_elements[element]),
        f"{element}_available_kg": fraction_of(run.elements_in.get(element, 0)),
    }


def _verdict(run: Inventory, *rules: str) -> dict[str, str]:
    """Return whether any of some rules rejects, and the rule asked for."""
    severity = {finding.rule.id for finding in judge(run) if finding.rule.severity == "reject"}
    known = {rule.id for rule in BEFORE}
    return {"verdict": "reject" if severity & set(rules) & known else "accept", "rule": rules[0]}


def case_inventory(
    step: Step,
    oxides: Mapping[str, str],
    made: list[tuple[Kind, str, dict[str, str]]],
    tables: FactorTables,
    *,
    materials: Mapping[str, tuple[str, dict[str, str]]] | None = None,
    kwh: str = "0",
    energy_mj: Fraction = Fraction(),
) -> Inventory:
    """Return a run of a case: compounds and materials in, products out, and what it used and gave off."""
    own = case_tables({"none": (("CO2-fossil", 0),), "fuel": (("CO2-fossil", 0),)}, {}, tables)
    given = {name: (mass, _fractions(name)) for name, mass in oxides.items()} | dict(materials or {})
    power = ElectricityLine(
        name="electricity", basis="metered", amount_kwh=kwh, grid=NOWHERE, factor="case/none", uncovered="case/none"
    )
    heat = FuelLine(name="fuel", basis="metered", amount=_text(energy_mj), unit="MJ", factor="case/fuel")
    groups: list[InventoryGroup] = [
        Materials(group="materials", lines=tuple(_material(name, *item) for name, item in given.items())),
        Fuels(group="fuels", lines=(heat,)),
        Electricity(group="electricity", lines=(power,)),
        Direct(group="direct", lines=()),
        Transport(group="transport", lines=()),
        Waste(group="waste", lines=()),
        Credits(group="credits", lines=()),
    ]
    return Inventory(
        step=step,
        period=Period(start="2026-01-01", end="2026-01-31"),
        gwp="AR6",
        electricity="direct",
        allocation=Allocation(method="mass", mass_key="REO"),
        groups=groups,
        incoming=[],
        outgoing=[
            Outgoing(
                f"outputs[{index}]", f"lot {index}", kind, scaled_of(mass) // UNIT, _scaled_all(parts), allocated=True
            )
            for index, (kind, mass, parts) in enumerate(made)
        ],
        untracked=(),
        tables=own,
    )


def _material(name: str, mass: str, fractions: Mapping[str, str]) -> MaterialLine:
    parts = tuple(fractions.items())
    return MaterialLine(
        name=name, basis="metered", mass_kg=_text(Fraction(mass)), factor="case/none", composition=parts
    )


def _fractions(formula: str) -> dict[str, str]:
    compound = parse_formula(formula)
    return {element: trillionths_text(scaled(compound.mass_fraction(element))) for element, _ in compound.atoms}


def _scaled_all(fractions: Mapping[str, str]) -> dict[str, int]:
    return {element: scaled_of(fraction) for element, fraction in fractions.items()}


def _text(amount: Fraction) -> str:
    """Return an amount as a line holds it, to 6 decimals."""
    return trillionths_text(scaled(amount) // UNIT * UNIT)


def _below_floor(grid: str, claimed: str, product: str) -> Answer:
    """Judge a published result against its process: the thermodynamic floor, then a typical cell."""
    percent, element = product.partition("(")[2].rstrip(")").split("% ")
    metal = {element: scaled_of(percent) // 100}
    floor = process_floor_of(metal, scaled_of(grid))
    typical = process_floor_of(metal, scaled_of(grid), typical=True)
    found = scaled_of(claimed)
    verdict = "reject" if found < floor else "flag" if found < typical else "accept"
    return {"verdict": verdict, "floor_kgCO2e_per_kg": fraction_of(floor), "rule": "G-FLOOR"}


def case_tables(
    values: Mapping[str, tuple[tuple[Gas, int], ...]], gwp: Mapping[str, str], tables: FactorTables
) -> FactorTables:
    """Return tables that hold a case's own factors, and its GWPs over the shipped ones."""
    rows = {f"case/{name}": case_factor(f"case/{name}", pairs) for name, pairs in values.items()}
    weights = dict(tables.gwp.weights["AR6"]) | {GAS[gas]: scaled_of(weight) for gas, weight in gwp.items()}
    own = Gwp(tables.gwp.digest, MappingProxyType({"AR6": MappingProxyType(weights)}), tables.gwp.statuses)
    return FactorTables({"case": FactorSet("case", "", "public", rows)}, own)


def case_factor(identifier: str, values: tuple[tuple[Gas, int], ...]) -> Factor:
    """Return a case's own factor, for a kg."""
    return Factor(
        id=identifier,
        flow=identifier,
        label=identifier,
        geography="GLO",
        year=None,
        per="kg",
        values=values,
        gwp_set=None,
        set=None,
        boundary="case",
        status="method",
        quality=1,
        licence="",
        source="validation case",
        note="",
    )


def scaled_of(text: str) -> int:
    """Return a case's number, rounded once to 12 decimals."""
    return scaled(Fraction(text))


def fraction_of(number: int) -> Fraction:
    """Return a scaled number as an exact fraction."""
    return Fraction(number, SCALE)
