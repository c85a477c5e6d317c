"""Validation cases that are runs: chains of processes, and what runs of other cases are made of.

Rules: chain cases are per kg and have up to 12 decimals, so they are run for 10^6 kg; in a case every kg counts the same
by mass, whatever it is, as kg of one rare earth.

What this module does not do: comparing (`ledger.validate`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.exact import SCALE, scaled
from ledger.chemistry.formula import parse_formula
from ledger.footprint.engine import Share, Taken, Terms, by_group, compute
from ledger.footprint.factors import Factor, FactorSet, FactorTables, Gwp
from ledger.footprint.figures import co2e_document, figure_rows, per_kg
from ledger.footprint.indicators import in_words, indicator_rows
from ledger.footprint.inventory import Inventory, Outgoing
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
    given = {name: (mass, fractions_of(name)) for name, mass in oxides.items()} | dict(materials or {})
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


def fractions_of(formula: str) -> dict[str, str]:
    """Return the mass fractions of a compound as a line holds them."""
    compound = parse_formula(formula)
    return {element: trillionths_text(scaled(compound.mass_fraction(element))) for element, _ in compound.atoms}


def _scaled_all(fractions: Mapping[str, str]) -> dict[str, int]:
    return {element: scaled_of(fraction) for element, fraction in fractions.items()}


def _text(amount: Fraction) -> str:
    """Return an amount as a line holds it, to 6 decimals."""
    return trillionths_text(scaled(amount) // UNIT * UNIT)


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


# -- members ------------------------------------------------------------------------------------------------------


def with_group(run: Inventory, group: InventoryGroup) -> Inventory:
    """Return a run with one of its groups replaced."""
    return replace(run, groups=[group if each.group == group.group else each for each in run.groups])


def both(own: FactorTables, others: FactorTables) -> FactorTables:
    """Return a case's own factors and GWPs, and the factors that its run was made with."""
    rows = {**others.by_id, **own.by_id}
    return FactorTables({"case": FactorSet("case", "", "public", rows)}, own.gwp)


def verdict_of(run: Inventory, *rules: str) -> dict[str, str]:
    """Return whether any of some rules rejects a run, and the first that does."""
    asked = [rule for rule in BEFORE if rule.id in rules and rule.severity == "reject"]
    found = {finding.rule.id for finding in judge(run, asked)}
    rejecting = [rule for rule in rules if rule in found]
    return {"verdict": "reject" if rejecting else "accept", "rule": (rejecting or rules)[0]}


def first(inputs: Case, *names: str) -> Any:  # noqa: ANN401 - a member as the case has it
    """Return the first of some members that a case has, or none."""
    return next((inputs[name] for name in names if name in inputs), None)


def like(inputs: Case, part: str) -> Any:  # noqa: ANN401 - a member as the case has it
    """Return the first member with a word in its name, or none."""
    return next((value for name, value in inputs.items() if part.casefold() in name.casefold()), None)


def share_by(inputs: Case, name: str, *words: str, default: str = "1") -> str:
    """Return a share by its words, alone or with the name it is of."""
    members = [member for word in words for member in (f"{name}_{word}", f"{word}_{name}", word)]
    return str(first(inputs, *members) or default)
