"""Validation cases that are runs: chains of processes, and what runs of other cases are made of.

Rules: chain cases are per kg and have up to 12 decimals, so they are run for 10^6 kg; in a case every kg counts the same
by mass, whatever it is, as kg of one rare earth.

What this module does not do: comparing (`tests.validation.compare`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.exact import SCALE, scaled
from ledger.chemistry.formula import parse_formula
from ledger.factors.factor import Factor, FactorSet, Gwp
from ledger.factors.figures import co2e_document, figure_rows, per_kg
from ledger.factors.tables import FactorTables
from ledger.footprint.engine import Share, Taken, Terms, by_group, compute
from ledger.footprint.indicators import in_words, indicator_rows
from ledger.footprint.inventory import Inventory, Outgoing
from schemas.instant import Period
from schemas.inventory import (
    CreditLine,
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
    TransportLine,
    Waste,
    WasteLine,
)
from schemas.quantity import trillionths_text
from schemas.run import Allocation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.engine import Result
    from schemas.inventory import InventoryGroup
    from schemas.vocabulary import Gas, Group, Kind, Step

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

UNIT: Final = 10**6
"""Functional unit of a chain case in kg: 12 decimals of a kg become whole mg."""


GAS: Final[Mapping[str, Gas]] = {
    "CO2": "CO2-fossil",
    "CH4": "CH4-fossil",
    "CH4_fossil": "CH4-fossil",
    "CH4_biogenic": "CH4-biogenic",
    "CH4_nonfossil": "CH4-biogenic",
    "CH4_non_fossil": "CH4-biogenic",
    "CO2_fossil": "CO2-fossil",
    "CO2_biogenic": "CO2-biogenic",
}
"""Gases that cases call otherwise than a table of factors; the others have one name."""

_WORD: Final[Mapping[str, str]] = {
    "materials": "reagents", "fuels": "fuel", "electricity": "electricity", "direct": "direct", "upstream": "upstream",
    "transport": "transport", "waste": "waste", "credits": "credits",
}  # fmt: skip
"""What cases call the groups of a run."""

_GROUP_OF: Final[Mapping[str, Group]] = {
    "reagents": "materials", "reagent": "materials", "materials": "materials", "fuel": "fuels", "fuels": "fuels",
    "electricity": "electricity", "power": "electricity", "transport": "transport", "waste": "waste", "wastes": "waste",
    "credit": "credits", "credits": "credits",
}  # fmt: skip
_FREE: Final[tuple[Group, ...]] = ("transport", "waste")
"""Groups that stand for those that a case has words of its own for, where it does not need them itself."""
NOWHERE: Final = "ZZ-ZZ"


def gas_of(name: str) -> Any:  # noqa: ANN401 - a gas or CO; a line refuses any other word
    """Return a gas by the name that a case has for it."""
    return GAS.get(name, name)


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
            process["id"]: _breakdown(process, *results[process["id"]], gwp) for process in inputs["processes"]
        },
    }


def _breakdown(process: Case, net: int, result: Result, gwp: Mapping[Gas, int]) -> dict[str, Fraction]:
    """Return what a kg is made of, by the words that the case has for groups, else by those that cases have."""
    found = {str(group): _each(pair, net) for group, pair in by_group(result, 0, gwp).items()}
    named = {word: found.get(group, Fraction()) for word, group in _words(process).items()}
    return {word: found.get(group, Fraction()) for group, word in _WORD.items()} | named


def _words(process: Case) -> dict[str, Group]:
    """Return the group of a run for each word that a process has; StopIteration where there are more of them than groups."""
    words = dict.fromkeys(item.get("group") or "reagents" for item in process["inputs"] if "factor" in item)
    known = {word: _GROUP_OF[word] for word in words if word in _GROUP_OF}
    free = (group for group in _FREE if group not in known.values())
    return known | {word: next(free) for word in words if word not in known}


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
    words = _words(process)
    lines = {group: list(_lines(process, group, words)) for group in _WORD}
    groups: list[InventoryGroup] = [
        Materials(group="materials", lines=tuple(
            MaterialLine(name=name, basis="metered", mass_kg=amount, factor=ids[name]) for name, amount in lines["materials"]
        )),
        Fuels(group="fuels", lines=tuple(
            FuelLine(name=name, basis="metered", amount=amount, unit="kg", factor=ids[name]) for name, amount in lines["fuels"]
        )),
        Electricity(group="electricity", lines=tuple(
            ElectricityLine(
                name=name, basis="metered", amount_kwh=amount, grid=NOWHERE, factor=ids[name], uncovered=ids[name]
            )
            for name, amount in lines["electricity"]
        )),
        Direct(group="direct", lines=tuple(_direct(process))),
        Transport(group="transport", lines=tuple(
            TransportLine(name=name, basis="metered", amount_tkm=amount, factor=ids[name]) for name, amount in lines["transport"]
        )),
        Waste(group="waste", lines=tuple(
            WasteLine(name=name, basis="metered", mass_kg=amount, moisture="0", fate=name, factor=ids[name])
            for name, amount in lines["waste"]
        )),
        Credits(group="credits", lines=tuple(
            CreditLine(name=name, basis="metered", amount=amount, unit="kg", factor=ids[name]) for name, amount in lines["credits"]
        )),
    ]  # fmt: skip
    return compute(terms, groups, taken, outputs, tables=tables)


def _lines(process: Case, group: str, words: Mapping[str, Group]) -> Iterator[tuple[str, str]]:
    """Yield factor and amount of each line of a group."""
    for item in process["inputs"]:
        if "factor" in item and words[item.get("group") or "reagents"] == group:
            yield item["factor"], trillionths_text(scaled_of(item["amount"]) * UNIT)


def _direct(process: Case) -> Iterator[DirectLine]:
    for item in process.get("direct", ()):
        mass = trillionths_text(scaled_of(item["kg"]) * UNIT)
        yield DirectLine(
            name=item["gas"], basis="metered", substance=item["gas"], gas=gas_of(item["gas"]), mass_kg=mass
        )


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
    burnt = replace(case_factor("case/fuel", (("CO2-fossil", 0),)), boundary="combustion")
    own = case_tables({"none": (("CO2-fossil", 0),)}, {}, tables)
    own = both(FactorTables({"case": FactorSet("case", "", "public", {burnt.id: burnt})}, own.gwp), own)
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
    weights = dict(tables.gwp.weights["AR6"]) | {gas_of(gas): scaled_of(weight) for gas, weight in gwp.items()}
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


def both(own: FactorTables, others: FactorTables) -> FactorTables:
    """Return a case's own factors and GWPs, and the factors that its run was made with."""
    sets = dict(others.sets)
    for name, table in own.sets.items():
        rows = {**sets[name].rows, **table.rows} if name in sets else table.rows
        sets[name] = FactorSet(name, "", "public", rows)
    return FactorTables(sets, own.gwp)


def scaled_of(text: str) -> int:
    """Return a case's number, rounded once to 12 decimals."""
    return scaled(Fraction(text))


def fraction_of(number: int) -> Fraction:
    """Return a scaled number as an exact fraction."""
    return Fraction(number, SCALE)
