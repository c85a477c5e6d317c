"""The example of `examples/bayan-obo`: readable by the strict door, equal to its facts, balanced, and shippable."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE
from ledger.chemistry.formula import parse_formula
from ledger.factors.factor import Factor
from ledger.tables import shipped_tables
from schemas.door import parse_document
from schemas.parties import Parties, Shipments
from schemas.record import ProductionRecord
from tests.golden.example_metal import metal_run
from tests.golden.make_example import differences

EXAMPLE = Path(__file__).parents[2] / "examples" / "bayan-obo"
CHAIN = sorted(EXAMPLE.glob("[0-9]*.yaml"))
METAL = sorted((EXAMPLE / "magnet-metal").glob("*.yaml"))
FORGED = EXAMPLE / "forged" / "SEP-B-2026-03.yaml"
WATER = {"H": Decimal("0.111906744"), "O": Decimal("0.888093256")}
Masses = dict[str, Decimal]


def record(path: Path) -> ProductionRecord:
    return parse_document(ProductionRecord, path.read_bytes(), media="yaml")


RECORDS = {path.stem: record(path) for path in [*CHAIN, *METAL]}
COMPOSITION = {out.lot: out.composition for made in RECORDS.values() for out in made.outputs}
each_record = pytest.mark.parametrize("made", RECORDS.values(), ids=RECORDS)


@pytest.fixture(scope="module")
def facts(shared: Path) -> dict[str, Any]:
    return dict(json.loads((shared / "data" / "example_chain.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def factors() -> dict[str, Factor]:
    return {name: factor for table in shipped_tables().sets.values() for name, factor in table.rows.items()}


def test_fourteen_runs_fifteen_certified_lots_and_five_more() -> None:
    certified = [out.lot for path in CHAIN for out in record(path).outputs if out.certify]
    assert (len(CHAIN), len(certified), len(METAL)) == (14, 15, 5)


# -- the facts -------------------------------------------------------------------------------------------------------


def test_the_files_are_what_the_facts_make(shared: Path) -> None:
    assert (shared / "data" / "example_chain.json").is_file()
    assert differences() == []


def materials(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a run brought in; the oxygen of the air needs no line."""
    return [each for each in run["uncertified_inputs"] if "oxygen from air" not in each["material"]]


def numbers_of_facts(run: dict[str, Any]) -> Iterator[Decimal]:
    """Every amount of a run: inputs, materials, activities, emissions, wastes, outputs, water."""
    yield from (Decimal(each["mass_kg"]) for name in ("inputs", "outputs", "wastes") for each in run[name])
    yield from (Decimal(each["mass_kg"]) for each in materials(run))
    yield from (Decimal(each["amount"]) for each in run["activities"])
    for each in run["direct_emissions"] + run["other_emissions"]:
        yield Decimal(each["kg"]) if "kg" in each else Decimal(each["g"]) / 1000
    yield from (Decimal(mass) for each in run["wastes"] for mass in each["elements_kg"].values())
    yield from (Decimal(part) for each in run["outputs"] for part in each["composition"].values())
    yield from (
        Decimal(run["water"][f"{name}_m3"]) for name in ("fresh", "evaporated", "discharged", "formed", "recycled")
    )


def numbers_of_record(made: ProductionRecord) -> Iterator[Decimal]:
    """The same, from a record."""
    yield from (Decimal(each.mass) for each in made.inputs)
    yield from (Decimal(each.mass) for each in made.materials)
    yield from (Decimal(each.mass) for each in made.outputs)
    yield from (Decimal(each.mass) for each in made.wastes)
    yield from (Decimal(each.amount) for each in made.electricity)
    yield from (Decimal(each.amount) for each in made.transport)
    yield from (Decimal(each.amount.amount) for each in made.fuels)
    yield from (Decimal(each.mass) for each in made.direct if each.mass is not None)
    yield from (Decimal(mass) for each in made.wastes for mass in each.elements.values())
    yield from (Decimal(part) for each in made.outputs for part in each.composition.values())
    assert made.water
    yield from map(
        Decimal,
        (made.water.fresh, made.water.evaporated, made.water.discharged, made.water.formed, made.water.recycled),
    )


@pytest.mark.parametrize("path", CHAIN, ids=lambda path: path.stem)
def test_amounts_are_those_of_the_facts(path: Path, facts: dict[str, Any]) -> None:
    made = record(path)
    run = next(run for run in facts["runs"] if run["id"] == made.run)
    assert sorted(numbers_of_record(made)) == sorted(numbers_of_facts(run))


@pytest.mark.parametrize("path", CHAIN, ids=lambda path: path.stem)
def test_factors_have_the_values_of_the_facts(path: Path, facts: dict[str, Any], factors: dict[str, Factor]) -> None:
    made = record(path)
    run = next(run for run in facts["runs"] if run["id"] == made.run)
    used = [line.factor for line in made.materials] + [line.factor for line in made.fuels]
    used += [line.factor or "" for line in made.electricity] + [line.factor for line in made.transport]
    assert sorted(value_of(factors[name]) for name in used) == sorted(
        Decimal(each["factor"]["value"]) for each in materials(run) + run["activities"]
    )
    market = sorted(value_of(factors[line.uncovered]) for line in made.electricity if line.uncovered)
    assert market == sorted(
        Decimal(each["uncovered_factor_market"]["value"]) for each in run["activities"] if each["flow"] == "electricity"
    )


def value_of(factor: Factor) -> Decimal:
    ((_, value),) = factor.values
    return Decimal(value) / SCALE


@each_record
def test_a_factor_for_content_stands_where_a_strength_does(made: ProductionRecord, factors: dict[str, Factor]) -> None:
    wrong = [
        line.name
        for line in made.materials
        if (factors[line.factor].per == "kg-content") != (line.strength is not None)
    ]
    assert wrong == []


# -- balances --------------------------------------------------------------------------------------------------------


@each_record
def test_compositions_sum_to_one(made: ProductionRecord) -> None:
    assert {out.lot: sum(map(Decimal, out.composition.values())) for out in made.outputs} == {
        out.lot: 1 for out in made.outputs
    }
    parts = [sum(map(Decimal, line.composition.values()), Decimal()) for line in made.materials]
    assert all(abs(part - 1) <= Decimal("1e-8") for part in parts)


@each_record
def test_the_water_balance_is_exact(made: ProductionRecord) -> None:
    water = made.water
    assert water
    came = sum(map(Decimal, (water.fresh, water.with_reagents, water.feed_moisture, water.formed)))
    assert came == sum(map(Decimal, (water.discharged, water.evaporated, water.in_products, water.in_wastes)))


@each_record
def test_every_element_is_balanced(made: ProductionRecord) -> None:
    came, went = taken(made), given(made)
    for element in came | went:
        gained = went[element] - came[element]
        if element == "O":
            gained = min(gained, Decimal(0))  # air brings the rest
        assert gained <= came[element] * Decimal("0.005"), (element, came[element], went[element])
        if element not in made.untracked:
            assert -gained <= came[element] * Decimal("0.005"), (element, came[element], went[element])


def taken(made: ProductionRecord) -> defaultdict[str, Decimal]:
    """Return kg of each element that went into a run: certified inputs, materials, moisture."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in made.inputs:
        assert each.lot
        add(total, COMPOSITION[each.lot], Decimal(each.mass))
    for line in made.materials:
        add(total, line.composition, Decimal(line.mass))
    assert made.water
    add(total, WATER, 1000 * Decimal(made.water.feed_moisture))
    return total


def given(made: ProductionRecord) -> defaultdict[str, Decimal]:
    """Return kg of each element that came out: outputs, wastes, gases, water."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for out in made.outputs:
        add(total, out.composition, Decimal(out.mass))
    for waste in made.wastes:
        add(total, waste.elements, Decimal(1))
    for gas in made.direct:
        assert gas.mass is not None  # the example tells every mass, also where its method gives it
        add(total, gas.elements or formula_parts(gas.substance), Decimal(1) if gas.elements else Decimal(gas.mass))
    assert made.water
    water = made.water
    left = sum(map(Decimal, (water.discharged, water.evaporated, water.in_products, water.in_wastes)), Decimal())
    add(total, WATER, 1000 * left)
    return total


def add(total: defaultdict[str, Decimal], parts: Mapping[str, str] | Masses, mass: Decimal) -> None:
    for element, part in parts.items():
        total[element] += Decimal(part) * mass


def formula_parts(substance: str) -> Masses:
    formula = parse_formula(substance)
    parts = {element: formula.mass_fraction(element) for element, _ in formula.atoms}
    return {element: Decimal(part.numerator) / Decimal(part.denominator) for element, part in parts.items()}


@each_record
def test_wastes_weigh_what_their_elements_weigh(made: ProductionRecord) -> None:
    for waste in made.wastes:
        weighed = sum(map(Decimal, waste.elements.values()))
        assert abs(weighed - Decimal(waste.mass)) <= Decimal("0.00002"), waste.name


# -- the further records ---------------------------------------------------------------------------------------------


def test_the_scaled_record_of_the_original_lots_is_the_original(facts: dict[str, Any]) -> None:
    """What is derived for other oxide gives, from the original oxide, the original's figures."""
    model = next(run for run in facts["runs"] if run["id"] == "ELY-2026-04-A")
    drawn = sum(Decimal(each["mass_kg"]) for each in model["inputs"])
    blend: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in model["inputs"]:
        add(blend, COMPOSITION[each["lot"]], Decimal(each["mass_kg"]) / drawn)
    oxide = {"composition": {element: str(part) for element, part in blend.items()}}
    row = {"lot": "ME-32", "input": "OX-17", "mass_taken_kg": str(drawn), "net_mass_kg": "233.9"}
    again = metal_run(model, oxide, row)
    for name in ("uncertified_inputs", "wastes"):
        pairs = zip(model[name], again[name], strict=True)
        assert all(abs(Decimal(a["mass_kg"]) - Decimal(b["mass_kg"])) < Decimal("0.001") for a, b in pairs)
    assert again["direct_emissions"] == model["direct_emissions"]
    assert again["water"] == model["water"]
    assert again["activities"][0] == model["activities"][0]


def test_ox_17_holds_too_little_for_the_fifth_metal_lot() -> None:
    ox_17 = next(out for out in RECORDS["04-SEP-2026-03"].outputs if out.lot == "OX-17")
    neodymium = Decimal(ox_17.composition["Nd"])
    drawn = [Decimal(each.mass) for made in RECORDS.values() for each in made.inputs if each.lot == "OX-17"]
    left = Decimal(ox_17.mass) - sum(drawn[:-1])
    assert (round(left * neodymium, 3), round(drawn[-1] * neodymium, 1)) == (Decimal("37.980"), Decimal("41.2"))


def test_the_forged_record_differs_in_one_figure_and_makes_dysprosium() -> None:
    honest, forged = (path.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines() for path in (CHAIN[7], FORGED))
    changed = [(a.strip(), b.strip()) for a, b in zip(honest, forged, strict=True) if a != b]
    assert changed == [("mass: 44.6 kg", "mass: 70.1 kg")]
    made = record(FORGED)
    lot = next(out for out in made.outputs if out.lot == "DY-06")
    out = Decimal(lot.mass) * Decimal(lot.composition["Dy"])
    assert (round(out, 1), round(taken(made)["Dy"], 1)) == (Decimal("61.0"), Decimal("40.0"))


# -- who and what moves ----------------------------------------------------------------------------------------------


def test_every_record_is_of_a_party_that_may_certify_its_outputs() -> None:
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    by_did = {party.did: party for party in parties.parties}
    for made in RECORDS.values():
        party = by_did[made.producer]
        assert made.facility in {facility.id for facility in party.facilities}
        assert {out.kind for out in made.outputs} <= set(party.kinds)
        plant = next(facility for facility in party.facilities if facility.id == made.facility)
        assert {line.grid for line in made.electricity} == {plant.region}


def test_shipments_bring_to_each_run_what_it_draws() -> None:
    """Nobody ships what it does not hold, nobody draws what it does not hold, and only ME-36 draws too much."""
    shipments = parse_document(Shipments, (EXAMPLE / "shipments.yaml").read_bytes(), media="yaml").shipments
    held: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    short = []
    for made in RECORDS.values():
        for move in (move for move in shipments if move.before == made.run):
            assert held[move.giver, move.lot] >= Decimal(move.mass) > 0
            assert move.giver != move.taker
            held[move.giver, move.lot] -= Decimal(move.mass)
            held[move.taker, move.lot] += Decimal(move.mass)
        for each in made.inputs:
            assert each.lot
            held[made.producer, each.lot] -= Decimal(each.mass)
            if held[made.producer, each.lot] < 0:
                short.append(made.run)
        for out in made.outputs:
            held[made.producer, out.lot] += Decimal(out.mass)
    assert short == ["ELY-ME-36"]
    assert {move.before for move in shipments} <= {made.run for made in RECORDS.values()}


def test_every_element_named_has_a_pinned_weight() -> None:
    named = {element for parts in COMPOSITION.values() for element in parts}
    assert named <= set(ATOMIC_WEIGHT)
