"""Each rule lets the worked example pass, and refuses (or flags) it once it is changed in one place."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.factors.figures import Pair
from ledger.footprint.inventory import incoming, sealed_inventory
from ledger.footprint.lines import factor_uses
from ledger.footprint.versions import ENGINES, GUARDED
from ledger.plausibility.accounting import free_materials
from ledger.plausibility.physics import fuel_carbon, oxygen_of_air
from ledger.plausibility.rules import AFTER, BEFORE, PlausibilityRule, judge
from ledger.plausibility.wastes import radioactive_residues
from schemas.document import replace
from schemas.inventory import FuelLine, Fuels, MaterialLine, Materials, Waste, WasteLine
from schemas.problem import InputError, Problem, RefusedError
from schemas.quantity import millionths, trillionths
from schemas.run import RunFacts
from schemas.sentences import CODES
from schemas.vocabulary import STAGE_OF_STEP
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import bare_tables
from tests.support.worlds.record_changes import drop, line, output, put, top

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.footprint.inventory import Inventory
    from schemas.vocabulary import Gas

ELY = "ELY-2026-04-A"
SEP = "SEP-2026-03"
MAG = "MAG-2026-06"
HSA = "HSA-2026-05"


def without_prices(value: dict[str, Any]) -> None:
    value["allocation"].pop("prices")


def prices(start: str, end: str) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["allocation"]["prices"].update(period={"start": start, "end": end})


def instrument(**members: object) -> Callable[[dict[str, Any]], object]:
    def change(value: dict[str, Any]) -> None:
        next(each for each in value["electricity"] if "instruments" in each)["instruments"][0].update(members)

    return change


def instrument_twice(value: dict[str, Any]) -> None:
    found = next(each for each in value["electricity"] if "instruments" in each)["instruments"]
    found[0]["amount"] = "10 kWh"
    found.append(dict(found[0]))


def cold_kiln(value: dict[str, Any]) -> None:
    """A kiln whose fuel, and whose electricity, are mostly forgotten."""
    for fuel in value["fuels"]:
        fuel.update(energy="1000 MJ")
    for power in value["electricity"]:
        power.update(amount="10 kWh")


def much_gas(value: dict[str, Any]) -> None:
    """A pilot kiln that burns fourteen times the gas."""
    for fuel in value["fuels"]:
        fuel.update(amount="17994.86 m3", **({"energy": "700000 MJ"} if "energy" in fuel else {}))


MONITOR = {"by": "measured", "monitor": "FTIR", "continuous": True}
TIER_1 = {"by": "default", "factor": "placeholders/electrolysis-pfc-tier-1.glo.2019", "mass": "233.9 kg"}


def zero_by_basis_alone(value: dict[str, Any]) -> None:
    """A zero from a meter of which nothing says that it ran all the time."""
    line(value, "direct", "CF4").pop("method")
    line(value, "direct", "CF4").update(mass="0 kg", basis="metered", meter="M-1")


def pfc_assumed(value: dict[str, Any]) -> None:
    line(value, "direct", "CF4").pop("method")
    line(value, "direct", "CF4").update(basis="assumed")


REFUSED = [
    ("rule.m-elem", ELY, output(0, mass="240 kg")),
    ("rule.m-oxmet", ELY, output(0, mass="248 kg")),
    ("rule.m-sum", SEP, lambda value: value["outputs"][0]["composition"].update(O="0.17")),
    ("rule.e-ely", ELY, put("electricity", "electricity", amount="200 kWh")),
    ("rule.c-ely", ELY, put("direct", "CO2", mass="140 kg")),
    ("rule.c-ely-floor", ELY, put("direct", "CO2", mass="30 kg")),
    ("rule.c-ely-anode", ELY, lambda value: value.pop("anodes")),
    ("rule.f-pfc", ELY, drop("direct", "CF4")),
    (
        "rule.f-pfc",
        ELY,
        put("direct", "CF4", mass="0 kg", basis="metered", meter="M-1", method=MONITOR | {"continuous": False}),
    ),
    ("rule.f-pfc", ELY, zero_by_basis_alone),
    ("rule.f-pfc-method", ELY, pfc_assumed),
    ("rule.f-pfc-gas", ELY, put("direct", "CF4", mass="0.0342 kg", method=TIER_1)),
    ("rule.f-pfc-metal", ELY, put("direct", "CF4", method=TIER_1 | {"mass": "100 kg"})),
    ("rule.x-method", ELY, put("direct", "CO2", mass="117 kg")),
    ("rule.x-method", ELY, put("direct", "CF4", method=TIER_1)),
    ("rule.x-method", ELY, put("direct", "CF4", method={"by": "ratio", "to": "SF6", "ratio": "0.1"})),
    ("rule.x-time-campaign", ELY, top(period={"start": "2026-03-20", "end": "2026-04-28"})),
    ("rule.x-time-campaign", SEP, top(period={"start": "2025-01-20", "end": "2026-02-28"})),
    ("rule.x-unit", ELY, put("direct", "CF4", method=TIER_1 | {"strength": "0.5"})),
    ("rule.c-ely", ELY, lambda value: value["anodes"].update(butts="30 kg")),
    ("rule.f-pfc-carbon", ELY, put("direct", "CF4", mass="400 kg")),
    ("rule.e-calc-least", SEP, cold_kiln),
    ("rule.p-precip", SEP, put("materials", "ammonium bicarbonate", mass="3000 kg")),
    ("rule.p-acid-charge", SEP, put("materials", "hydrochloric", mass="7000 kg")),
    ("rule.w-bal", SEP, lambda value: value["water"].update(evaporated="61 m3")),
    ("rule.w-class", SEP, put("wastes", "ammonia water", waste_class="in-water")),
    ("rule.w-class", SEP, put("wastes", "ammonia water", waste_class="in-place")),
    ("rule.c-run", SEP, drop("direct", "bicarbonate")),
    ("rule.a-sum-left-out", SEP, output(2, allocate=False)),
    ("rule.a-sum-price", SEP, lambda value: value["outputs"][1].pop("price")),
    ("rule.a-sum-prices", SEP, without_prices),
    ("rule.a-sum-period", SEP, prices("2024-01-01", "2024-12-31")),
    ("rule.a-sum-key", SEP, lambda value: value["allocation"].update(mass_key="RE")),
    ("rule.a-sum-nobody", ELY, output(0, allocate=False)),
    ("rule.x-time-prices", SEP, prices("2016-01-01", "2020-12-31")),
    ("rule.x-time", ELY, top(period={"start": "2026-01-01", "end": "2026-02-01"})),
    ("rule.x-time-factor", ELY, top(period={"start": "2031-04-20", "end": "2031-04-28"})),
    ("rule.x-unit", ELY, put("materials", "graphite", strength="0.99")),
    ("rule.x-unit", ELY, put("materials", "graphite", factor="transport/heavy-diesel-truck.cn.2024")),
    ("rule.x-gwp", ELY, top(gwp="AR5")),
    ("rule.x-gwp-sum", ELY, top(gwp="AR5")),
    ("footprint.method-mixed", ELY, lambda value: value["allocation"].update(method="mass")),
    ("rule.e-set", ELY, top(electricity_set="life-cycle")),
    ("rule.e-set-grid", ELY, put("electricity", "electricity", factor="grid/location.cn-zj.2023")),
    ("rule.e-set-uncovered", ELY, put("electricity", "electricity", uncovered="grid/location.cn-zj.2023")),
    ("rule.e-set-instrument", MAG, instrument(grid="CN-NM")),
    ("rule.e-set-instrument", MAG, instrument(year="2024")),
    ("rule.e-set-more", MAG, instrument(amount="999999 kWh")),
    ("rule.x-double", MAG, instrument_twice),
    ("rule.x-double", ELY, lambda value: value["inputs"].append({"lot": "OX-17", "mass": "1 kg"})),
    ("rule.d-dry", ELY, output(0, shipped_mass="300 kg", moisture="0.1")),
    ("rule.s-int", MAG, put("materials", "copper", recycled="pre-consumer")),
    ("rule.b-tag", ELY, put("direct", "CO2", gas="CO2-biogenic")),
    ("rule.v-prod-kind", ELY, output(0, product="praseodymium-neodymium-oxide")),
    ("rule.v-prof-unknown", ELY, top(profile="my-own-standard")),
]


@pytest.mark.parametrize(
    ("code", "run", "change"), REFUSED, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(REFUSED)]
)
def test_a_reject_rule_refuses(code: str, run: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


def test_a_wrong_factor_is_named_by_the_place_of_its_line_in_the_record() -> None:
    wrong = "transport/heavy-diesel-truck.cn.2024"
    value = example.changed(SEP, lambda value: value["wastes"][-1].update(factor=wrong))
    with pytest.raises(RefusedError) as caught:
        example.drafted(value)
    assert f"wastes[{len(value['wastes']) - 1}]" in {problem.place for problem in caught.value.problems}


def test_system_expansion_is_no_way_to_share_out() -> None:
    value = example.changed(SEP, lambda value: value["allocation"].update(method="system-expansion"))
    with pytest.raises(InputError, match=r"allocation\.method"):
        example.read(value)


def test_less_water_may_leave_than_came_in_and_nothing_is_proven_of_it() -> None:
    done = example.drafted(example.changed(SEP, lambda value: value["water"].update(evaporated="60 m3")))
    assert "water-consumed" in done.partial
    answers = {claim.answer for output in done.certified for claim in output.claims if claim.id.startswith("zero")}
    assert answers == {"declared"}


@pytest.mark.parametrize("run", example.runs())
def test_the_worked_example_passes_every_reject_rule(run: str) -> None:
    done = example.drafts()[run]
    assert not [finding for finding in judge(done.inventory) if finding.rule.severity == "reject"]


FREE = {
    "name": "mischmetal",
    "mass": "1 kg",
    "factor": "methods/no-burden.glo",
    "composition": {"La": "0.4", "Ce": "0.6"},
}
FREE_SCRAP = FREE | {"factor": "methods/scrap-cut-off.glo"}
SEA = FREE | {
    "name": "sea water",
    "composition": {"O": "0.857", "H": "0.108", "Na": "0.012", "Cl": "0.023"},
}

FLAGGED = [
    ("rule.g-free", ELY, lambda value: value["materials"].append(SEA)),
    ("rule.e-ely-range", ELY, put("electricity", "electricity", amount="800 kWh")),
    ("rule.c-ely-range", ELY, output(0, mass="150 kg")),
    ("rule.w-norm", "CRK-2026-02", lambda value: line(value, "wastes", "water-leach").pop("waste_class")),
    ("rule.w-norm", "CRK-2026-02", put("wastes", "water-leach", waste_class="hazardous")),
    ("rule.w-norm", "CRK-2026-02", put("wastes", "water-leach", waste_class="hazardous", elements={})),
    ("rule.w-norm-lost", "CRK-2026-02", lambda value: value.update(wastes=[])),
    ("rule.w-norm-lost", "CRK-2026-02", lambda value: line(value, "wastes", "water-leach")["elements"].pop("Th")),
    ("rule.e-calc-most", SEP, much_gas),
    ("rule.cl-bal", "REC-2026-03", lambda value: line(value, "wastes", "mixed salts")["elements"].update(Cl="400 kg")),
]


@pytest.mark.parametrize(
    ("code", "run", "change"), FLAGGED, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(FLAGGED)]
)
def test_a_flag_rule_flags(code: str, run: str, change: Callable[[dict[str, Any]], object]) -> None:
    before = {finding.problem.code for finding in example.drafts()[run].findings}
    after = {finding.problem.code for finding in example.drafted(example.changed(run, change)).findings}
    assert code not in before
    assert code in after


@pytest.mark.parametrize(
    ("run", "free"),
    [
        ("CRK-2026-02", FREE | {"composition": {"O": "0.2", "N": "0.8"}}),
        ("SCR-2026-02", FREE_SCRAP),
        ("ICL-2026-01", FREE),
    ],
)
def test_air_scrap_that_is_recycled_and_ground_are_free_of_burden(run: str, free: dict[str, Any]) -> None:
    done = example.drafts()[run].inventory
    made = MaterialLine(
        name="x",
        basis="metered",
        meter="M-1",
        mass_kg="1",
        factor=free["factor"],
        composition=tuple(free["composition"].items()),
    )
    groups = [
        Materials(group="materials", lines=(made,)) if isinstance(each, Materials) else each for each in done.groups
    ]
    assert not list(free_materials(replace(done, groups=groups)))


@pytest.mark.parametrize(
    ("code", "run", "fractions"),
    [
        ("rule.m-tre", MAG, {"B": 4_000_000_000}),
        ("rule.m-tre", MAG, {"Nd": 290_000_000_000}),
        ("rule.m-ab5", "HSA-2026-05", {"Ni": 403_000_000_000}),
        ("rule.m-ab5", "HSA-2026-05", {"La": 290_000_000_000}),
    ],
)
def test_a_flag_on_the_composition_flags(code: str, run: str, fractions: dict[str, int]) -> None:
    inventory = example.drafts()[run].inventory
    first, *others = inventory.outgoing
    odd = replace(first, fractions={**first.fractions, **fractions})
    assert code not in {finding.problem.code for finding in judge(inventory)}
    assert code in {finding.problem.code for finding in judge(replace(inventory, outgoing=[odd, *others]))}


def test_the_example_shows_inputs_of_unknown_origin_and_old_factors() -> None:
    codes = {finding.problem.code for finding in example.drafts()[MAG].findings}
    assert {"rule.b-unc", "rule.x-time-vintage"} <= codes


def test_shares_that_do_not_make_up_the_total_are_refused() -> None:
    inventory = example.drafts()[SEP].inventory
    rows = [dict(each) for each in inventory.declared]
    key, pair = next(iter(rows[0].items()))
    rows[0][key] = Pair(pair.location - 1, pair.market)
    codes = {finding.problem.code for finding in judge(replace(inventory, declared=rows))}
    assert {"rule.a-sum", "rule.a-sum-share"} <= codes


def test_an_uptake_that_is_left_in_a_product_is_refused() -> None:
    inventory = with_rows(ELY, {("reduction", "CO2-biogenic"): Pair(-(10**12), -(10**12))})
    assert "rule.b-uptake" in codes_of(inventory)


@pytest.mark.parametrize(
    ("code", "kg_co2e"), [("rule.g-floor", 150), ("rule.g-floor-typical", 600)], ids=["floor", "typical"]
)
@pytest.mark.parametrize("engine", ENGINES)
def test_metal_below_the_floor_of_its_process(code: str, kg_co2e: int, engine: str) -> None:
    inventory = with_rows(ELY, {}, total=Pair(kg_co2e * SCALE, kg_co2e * SCALE))
    assert code not in codes_of(replace(example.drafts()[ELY].inventory, engine=engine))
    assert code in codes_of(replace(inventory, engine=engine))


def test_a_dearer_co_product_that_carries_less_is_flagged() -> None:
    inventory = example.drafts()[SEP].inventory
    assert inventory.shared is not None
    dear, cheap, *others = inventory.shared.outputs
    swapped = (replace(dear, per_kg=Pair(1, 1)), replace(cheap, per_kg=Pair(SCALE, SCALE)), *others)
    assert "rule.a-sib" not in codes_of(inventory)
    assert "rule.a-sib" in codes_of(replace(inventory, shared=replace(inventory.shared, outputs=swapped)))


def test_a_run_that_names_too_few_tables_is_refused() -> None:
    inventory = example.drafts()[ELY].inventory
    assert "rule.x-set" not in codes_of(replace(inventory, table_names={*inventory.factor_sets, "gwp"}))
    assert "rule.x-set" in codes_of(replace(inventory, table_names={"gwp"}))


def test_a_fuel_that_gives_off_more_than_carbon_does_is_refused() -> None:
    done = example.drafts()["REC-2026-03"].inventory
    coal = FuelLine(name="coal", basis="metered", meter="M-1", amount="10", unit="kg", factor="case/coal")
    # a line of no coal, which no record has, is judged too: it gives off nothing
    fuels = Fuels(group="fuels", lines=(coal, replace(coal, amount="0")))
    groups = [fuels if isinstance(group, Fuels) else group for group in done.groups]
    for each, refused in (("3.7", True), ("3.6", False)):
        values: dict[str, tuple[tuple[Gas, int], ...]] = {"coal": (("CO2-fossil", trillionths(each)),)}
        burnt = replace(done, groups=groups, tables=bare_tables(values, done.tables))
        found = [(problem.code, problem.place) for problem in fuel_carbon(burnt)]
        assert found == ([("rule.c-bal", "fuels[0]")] if refused else [])


@pytest.mark.parametrize("members", [{"heating_value_mj": "20"}, {"carbon_kg": "0.5"}, {"oxidation": "0.9"}])
def test_a_factor_is_asked_for_the_unit_that_its_line_is_computed_in(members: dict[str, str]) -> None:
    for each in example.drafts().values():
        lines = [replace(line, **members) for line in each.inventory.fuels.lines]
        fuels = Fuels(group="fuels", lines=tuple(lines))
        run = replace(each.inventory, groups=[fuels if group.group == "fuels" else group for group in each.groups])
        computed = [(group.group, line) for group in run.groups for line in factor_uses(group)]
        told = [(name, line.factor, line.per) for name, line in computed if line.value is None]
        assert [(group, factor.id, per) for group, _, factor, per in run.at_hand] == told


@pytest.mark.parametrize(
    ("elements", "codes"),
    [
        ((("Th", "0.0244"),), {"rule.w-norm"}),
        ((("Th", "0.0243"),), set()),
        ((("U", "0.0082"),), {"rule.w-norm"}),
        ((("Th", "0.0143"), ("U", "0.0041")), {"rule.w-norm"}),
        ((("La", "5"),), set()),
    ],
)
def test_a_residue_is_radioactive_from_one_becquerel_for_each_gram(
    elements: tuple[tuple[str, str], ...], codes: set[str]
) -> None:
    residue = WasteLine(
        name="w", basis="weighed", meter="W-1", mass_kg="100", moisture="0", fate="store", elements=elements
    )
    done = example.drafts()["SEP-2026-03"].inventory
    groups = [Waste(group="waste", lines=(residue,)) if isinstance(each, Waste) else each for each in done.groups]
    assert {each.code for each in radioactive_residues(replace(done, groups=groups))} == codes


def codes_of(inventory: Inventory) -> set[str]:
    return {finding.problem.code for finding in judge(inventory)}


def with_rows(run: str, rows: dict[Any, Pair], *, total: Pair | None = None) -> Inventory:
    """Return a run whose first output has further rows, or another total."""
    inventory = example.drafts()[run].inventory
    assert inventory.shared is not None
    first, *others = inventory.shared.outputs
    odd = replace(first, rows={**first.rows, **rows}, total=total or first.total)
    return replace(inventory, shared=replace(inventory.shared, outputs=(odd, *others)))


def test_every_rule_of_the_list_is_here(shared: Path) -> None:
    listed = json.loads((shared / "data" / "plausibility_rules.json").read_text())
    ours = {rule.id for rule in (*BEFORE, *AFTER)}
    assert {rule["id"] for rule in listed} - ours == set()


def without_cf4(value: dict[str, Any]) -> None:
    """A monitor that ran all the time and read none; what the anodes give follows."""
    line(value, "direct", "CF4").update(mass="0 kg")
    for word in ("CO2", "CO of"):
        line(value, "direct", word).pop("mass")


def test_zero_from_a_monitor_that_ran_all_the_time_is_allowed() -> None:
    done = example.drafted(example.changed(ELY, without_cf4))
    assert not [row for row in done.own if row[1] == "CF4"]


@pytest.mark.parametrize("run", [ELY, SEP, MAG])
def test_a_sealed_run_is_judged_as_its_draft_was(run: str) -> None:
    done, record = example.drafts()[run], example.read(example.written(run))
    sealed = RunFacts(
        oreprint="run/1",
        run=record.run,
        producer=record.producer,
        registry="registry.example",
        facility=record.facility,
        step=record.step,
        stage=STAGE_OF_STEP[record.step],
        period=record.period,
        gwp=record.gwp,
        electricity=record.electricity_set,
        factor_sets=done.factor_sets,
        engine=done.engine,
        profile=record.profile,
        allocation=done.allocation,
        own=done.own,
        upstream=done.upstream,
        upstream_alternative=done.upstream_alternative,
        own_indicators=done.own_indicators,
        upstream_indicators=done.upstream_indicators,
        partial=done.partial,
        quality=done.quality,
        made=tuple(make(holding="A" * 43) for make in done.made),
        excluded=done.excluded,
        untracked=done.untracked,
        absent=done.absent or None,
    )
    inputs = [
        incoming(example.lots()[item.lot or ""].facts, f"inputs[{at}]", mass_mg=millionths(item.mass), identity=str(at))
        for at, item in enumerate(record.inputs)
    ]
    inventory = sealed_inventory(sealed, done.groups, inputs, done.outputs, tables=example.tables())
    assert {finding.problem.code for finding in judge(inventory)} == {
        finding.problem.code for finding in done.findings if finding.rule in BEFORE
    }


def test_a_new_rule_never_judges_an_older_run() -> None:
    run = example.drafts()[SEP].inventory
    rule = PlausibilityRule("X", "reject", "", lambda _: iter([Problem.at("rule.x-set", found="x")]), GUARDED)
    assert [breach.rule for breach in judge(run, [rule])] == [rule]
    assert judge(replace(run, engine=ENGINES[0]), [rule]) == []


def test_every_sentence_of_a_rule_has_a_case() -> None:
    told = "".join(path.read_text("utf-8") for path in Path(__file__).parents[2].rglob("test_*.py"))
    assert [code for code in CODES if code.startswith("rule.") and f'"{code}"' not in told] == []


def more_oxygen(kilograms: int) -> Callable[[dict[str, Any]], object]:
    """Return a change that lets the roasted residue hold more oxygen."""

    def change(value: dict[str, Any]) -> None:
        residue = value["wastes"][0]
        residue["mass"] = f"{5955 + kilograms} kg"
        residue["elements"]["O"] = f"{2728 + kilograms} kg"

    return change


def oxygen_in_the_slag(kilograms: int) -> Callable[[dict[str, Any]], None]:
    """Let cells take oxygen from air without a line for it, and their slag hold more than it did."""

    def change(value: dict[str, Any]) -> None:
        value["materials"] = [each for each in value["materials"] if "oxygen" not in each["name"]]
        slag = value["wastes"][0]
        slag["elements"]["O"] = f"{kilograms} kg"
        slag["mass"] = f"{13 + kilograms} kg"

    return change


@pytest.mark.parametrize(
    ("run", "fits", "too_much"),
    [
        ("CRK-2026-02", more_oxygen(900), more_oxygen(3000)),
        ("ELY-2026-04-A", oxygen_in_the_slag(1), oxygen_in_the_slag(100)),
    ],
)
def test_oxygen_of_the_air_needs_no_line_as_far_as_chemistry_goes(
    run: str, fits: Callable[[dict[str, Any]], None], too_much: Callable[[dict[str, Any]], None]
) -> None:
    example.drafted(example.changed(run, fits))
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, too_much))
    assert [(each.code, each.facts["element"]) for each in caught.value.problems] == [("rule.m-elem", "O")]


def test_air_adds_no_more_oxygen_than_the_goods_can_still_take_up() -> None:
    burnt = {"C": 12_011 * SCALE, "Fe": 55_845 * SCALE}
    assert oxygen_of_air([burnt]) == (2 * 15_999 + 15_999 * 3 // 2) * SCALE + SCALE // 2
    whole = [
        {"H": 2 * 1008, "O": 15_999},
        {"C": 12_011, "O": 3 * 15_999, "Ca": 40_078},
        {"N": 14_007, "H": 3 * 1008},
        {"H": 1008, "Cl": 35_450},
        {"S": 32_060, "O": 4 * 15_999, "H": 2 * 1008},
    ]
    assert oxygen_of_air([{element: mass * SCALE for element, mass in each.items()} for each in whole]) == 0


@pytest.mark.parametrize(
    ("run", "closes"),
    [
        ("MAG-2026-06", True),
        ("SC-2026-05", True),
        ("SCR-2026-02", True),
        ("ELY-2026-04-A", True),
        ("SEP-2026-03", False),
    ],
)
def test_wastes_without_elements_close_the_carbon_that_the_process_fixes(run: str, *, closes: bool) -> None:
    """Swarf, skull, sorting loss and butts of anodes; but what dissolves gives off its carbon."""

    def untold(value: dict[str, Any]) -> None:
        for each in value["wastes"]:
            each.pop("elements", None)

    def without(value: dict[str, Any]) -> None:
        value["wastes"] = []

    changes = ((untold, closes), (without, False))
    for change, fits in changes:
        with contextlib.nullcontext() if fits else pytest.raises(RefusedError, match="of carbon went in"):
            example.drafted(example.changed(run, change))
