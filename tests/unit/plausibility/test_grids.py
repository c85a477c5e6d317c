"""Electricity that a producer would tell too low, each with the honest plant beside it (rules E-SET-* and
E-OWN-PLANT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.claims.draft import draft_with_claims
from ledger.factors.grid import standing_in
from ledger.plausibility.rules import BEFORE, judge
from schemas.certificate import Facility
from schemas.document import replace
from schemas.inventory import OwnPlant
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import own_table

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft

PLANT = "https://plant.example/1"
ALLOY = {"Nd": "0.3", "Fe": "0.7"}
SOLAR = "methods/electricity-solar-direct.glo"
OWN_FUEL = "methods/electricity-own-fuel-direct.glo"
NATIONAL = "grid/life-cycle.cn.2024"
PUBLISHED = {
    "publisher": "the grid authority",
    "url": "https://grid.example/2024",
    "document": "A" * 43,
    "year": "2024",
}
ROOF = {
    "amount": "30000 kWh", "own": "attributes-kept", "factor": SOLAR, "basis": "metered", "meter": "M-1",
    "plant": {"kind": "solar", "power": "500 kWp", "meter": "PV-1"},
}  # fmt: skip


def melted(
    *power: dict[str, Any], grid: str = "CN-NM", chosen: str = "direct", values: str = "CO2e=0.5", year: str = "2024"
) -> Draft:
    """Return the draft of an alloy, melted in one line of bought electricity unless `power` tells others."""
    line = {"name": "furnace", "amount": "100000 kWh", "grid": grid}
    lines = [{**line, **each} for each in power or ({},)]
    country, _, part = grid.partition("-")
    rows = {
        flow: {"values": values, "geography": grid, "year": year, "per": "kWh", "set": chosen}
        for flow in ("location", "life-cycle")
    }
    record = example.read(
        {
            "oreprint": "production-record/1", "run": "RUN-1", "producer": "did:web:plant.example", "facility": PLANT,
            "period": {"start": "2026-03-02", "end": "2026-03-27"}, "allocation": {"method": "mass", "mass_key": "RE"},
            "electricity_set": chosen, "step": "alloy-melting", "electricity": lines,
            "materials": [
                {"name": "neodymium-iron", "mass": "1000 kg", "factor": "defaults/rare-earth-goods.glo", "composition": ALLOY}
            ],
            "outputs": [
                {"lot": "AL-1", "kind": "alloy", "description": "neodymium-iron", "mass": "1000 kg", "composition": ALLOY}
            ],
        }
    )  # fmt: skip
    plant = Facility(id=PLANT, name="Plant", country=country, region=f"{country}-{part}" if part else None)
    return draft_with_claims(record, [], facility=plant, tables=example.tables().joined(own_table(rows)))


def refused(*power: dict[str, Any], **members: str) -> set[str]:
    with pytest.raises(RefusedError) as caught:
        melted(*power, **members)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"
    return {problem.code for problem in caught.value.problems}


def flags(done: Draft) -> set[str]:
    assert all("<" not in finding.problem.sentence() for finding in done.findings)
    return {code for finding in done.findings if (code := finding.problem.code).startswith("rule.e-")}


def kwh_factor(done: Draft) -> int:
    return trillionths(done.certified[0].footprint.scope_2.location) // 100_000


# -- the finer grid -----------------------------------------------------------------------------------------------


def test_the_national_life_cycle_factor_is_refused_where_the_province_has_one() -> None:
    assert refused({"factor": NATIONAL, "uncovered": NATIONAL}, chosen="life-cycle") == {"rule.e-set-finer"}


def test_the_province_s_own_life_cycle_factor_is_taken() -> None:
    done = melted(chosen="life-cycle")
    assert done.inventory.power.lines[0].factor == "grid/life-cycle.cn-nm.2023"
    assert kwh_factor(done) == trillionths("0.7054")
    assert flags(done) == set()


def test_a_whole_country_is_no_grid_where_its_parts_have_factors() -> None:
    assert refused(grid="CN") == {"rule.e-set-finer-grid"}


def test_a_province_without_a_factor_takes_its_country_s() -> None:
    done = melted(grid="CN-XZ")
    assert done.inventory.power.lines[0].factor == "grid/location.cn.2023"
    assert flags(done) == {"rule.e-set-province"}


@pytest.mark.parametrize(
    ("grid", "factor", "flagged"),
    [
        ("US-WY", "grid/reference.us.2023", {"rule.e-set-province"}),
        ("US", "grid/reference.us.2023", {"rule.e-set-province"}),
        ("CA-SK", "grid/reference.ca.2023", {"rule.e-set-province"}),
        ("DE-BY", "grid/reference.de.2023", set()),
    ],
)
def test_a_plant_that_takes_its_country_s_mean_is_told(grid: str, factor: str, flagged: set[str]) -> None:
    """Germany has one grid."""
    done = melted(grid=grid)
    assert done.inventory.power.lines[0].factor == factor
    assert flags(done) == flagged


@pytest.mark.parametrize(("grid", "apart"), [("CN-NM", False), ("CN-YN", True)])
def test_another_set_that_gives_much_more_is_told(grid: str, *, apart: bool) -> None:
    assert ("rule.e-set-apart" in flags(melted(grid=grid))) is apart


def test_a_life_cycle_figure_needs_no_word_of_the_lower_set() -> None:
    assert flags(melted(grid="CN-YN", chosen="life-cycle")) == set()


# -- grids without a shipped factor -------------------------------------------------------------------------------


def test_a_country_without_an_official_factor_takes_its_reference_row() -> None:
    done = melted(grid="MY")
    assert done.inventory.power.lines[0].factor == "grid/reference.my.2022"
    assert kwh_factor(done) == trillionths("0.644777")
    assert flags(done) == set()


def test_a_reference_row_in_a_life_cycle_chain_lacks_losses() -> None:
    assert flags(melted(grid="AU-WA", chosen="life-cycle")) == {"rule.e-set-reference", "rule.e-set-province"}


@pytest.mark.parametrize(
    ("chosen", "factor"), [("direct", "grid/fossil.cn.2023"), ("life-cycle", "grid/electricity-coal-power.cn.2024")]
)
def test_a_country_of_which_nothing_is_known_takes_fossil_power_and_is_flagged(chosen: str, factor: str) -> None:
    done = melted(grid="ZA", chosen=chosen)
    assert done.inventory.power.lines[0].factor == factor
    assert flags(done) == {"rule.e-set-nowhere"}


def test_japan_in_2025_has_a_row_before_the_official_one_of_2026() -> None:
    found = standing_in(example.tables(), "JP-13", 2025, chosen="direct")
    assert found is not None
    assert found.location.id == "grid/reference.jp.2023"


OFFICIAL = {"factor": "own/location.my.2024", "uncovered": "own/location.my.2024"}


def test_an_official_factor_of_the_producer_s_table_names_its_publication() -> None:
    assert refused(OFFICIAL, grid="MY") == {"rule.e-set-declared-source"}
    assert refused(OFFICIAL | {"declared": PUBLISHED | {"year": "2023"}}, grid="MY") == {"rule.e-set-declared-source"}
    assert flags(melted(OFFICIAL | {"declared": PUBLISHED}, grid="MY", values="CO2e=0.56")) == {"rule.e-set-declared"}


def test_an_official_factor_far_below_the_reference_is_refused() -> None:
    assert refused(OFFICIAL | {"declared": PUBLISHED}, grid="MY", values="CO2e=0.4") == {"rule.e-set-declared-low"}


def test_norway_s_own_factor_is_half_of_the_reference_and_only_a_little_below() -> None:
    line = {"factor": "own/location.no.2024", "uncovered": "own/location.no.2024", "declared": PUBLISHED}
    assert flags(melted(line, grid="NO", values="CO2e=0.015")) == {"rule.e-set-declared"}


def test_a_province_of_water_power_is_flagged_not_refused() -> None:
    line = {"factor": "own/location.ca-qc.2024", "uncovered": "own/location.ca-qc.2024", "declared": PUBLISHED}
    assert flags(melted(line, grid="CA-QC", values="CO2e=0.002")) == {"rule.e-set-declared"}


def test_a_factor_without_a_year_is_refused() -> None:
    undated_row = own_table({"electricity-wind": {"values": "CO2e=0.01", "per": "kWh", "set": "direct"}})
    run = melted().inventory
    line = replace(run.power.lines[0], uncovered="own/electricity-wind.glo")
    groups = [replace(group, lines=(line,)) if group is run.power else group for group in run.groups]
    changed = replace(run, groups=groups, tables=run.tables.replaced(undated_row))
    assert "rule.x-time-undated" in {breach.problem.code for breach in judge(changed, BEFORE)}


@pytest.mark.parametrize(("production", "serves"), [("2023", True), ("2028", True), ("2029", False)])
def test_a_row_of_2023_serves_until_2028(production: str, *, serves: bool) -> None:
    run = melted().inventory
    period = replace(run.period, start=f"{production}-03-02", end=f"{production}-03-27")
    codes = {breach.problem.code for breach in judge(replace(run, period=period), BEFORE)}
    assert ("rule.x-time-factor" not in codes) is serves


@pytest.mark.parametrize("grid", ["MALAYSIA", "my", "MY-", "M"])
def test_a_grid_has_one_form(grid: str) -> None:
    with pytest.raises(InputError, match="a country, or a country and its part"):
        melted({"grid": grid})


# -- own power ----------------------------------------------------------------------------------------------------


def test_a_metered_roof_of_its_size_is_accepted_without_a_flag() -> None:
    assert flags(melted({}, ROOF)) == set()


OWN_REFUSED = [
    ("rule.e-own-plant", [{}, ROOF | {"amount": "60000 kWh", "plant": None}]),
    ("rule.e-own-plant", [{}, ROOF | {"amount": "60000 kWh", "basis": "calculated"}]),
    ("rule.e-own-plant", [{}, ROOF | {"amount": "60000 kWh", "meter": None, "plant": {"kind": "solar", "power": "2 MWp"}}]),
    ("rule.e-own-plant-more", [{}, ROOF | {"amount": "78001 kWh"}]),
    ("rule.e-own-plant-more", [{}, ROOF | {"amount": "40000 kWh"}, ROOF | {"amount": "40000 kWh"}]),
    ("rule.e-own-plant-kind", [{}, ROOF | {"plant": {"kind": "wind", "power": "500 kW", "meter": "W-1"}}]),
    ("rule.e-own", [{}, ROOF | {"factor": OWN_FUEL, "plant": {"kind": "own-fuel", "meter": "G-1"}}]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "power"), OWN_REFUSED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(OWN_REFUSED)]
)
def test_own_power_that_no_plant_can_give_or_nobody_read_is_refused(code: str, power: list[dict[str, Any]]) -> None:
    assert refused(*power) == {code}


@pytest.mark.parametrize(
    "members",
    [{"plant": None}, {"basis": "calculated"}, {"plant": {"kind": "solar", "meter": "PV-1"}}],
    ids=["no plant", "no meter reading", "no rated power"],
)
def test_a_little_own_power_that_nobody_can_check_is_flagged(members: dict[str, Any]) -> None:
    assert flags(melted({}, ROOF | members)) == {"rule.e-own-plant-unread"}


def test_a_solar_plant_runs_a_quarter_of_all_hours() -> None:
    """500 kWp x 24 h x 26 days x 0.25."""
    assert flags(melted({}, ROOF | {"amount": "78000 kWh"})) == {"rule.e-own-share"}


@pytest.mark.parametrize(("sun", "flagged"), [("42000 kWh", set()), ("45000 kWh", {"rule.e-own-share"})])
def test_much_own_sun_is_told_to_who_reads_the_figure(sun: str, flagged: set[str]) -> None:
    """Of 142,000 and 145,000 kWh."""
    assert flags(melted({}, ROOF | {"amount": sun})) == flagged


def test_much_power_of_the_own_fuel_is_no_flag() -> None:
    """Its fuel counts."""
    run = melted().inventory
    (bought,) = run.power.lines
    made = replace(bought, own="attributes-kept", factor=OWN_FUEL, plant=OwnPlant(kind="own-fuel", meter="G-1"))
    groups = [replace(group, lines=(bought, made)) if group is run.power else group for group in run.groups]
    assert "E-OWN-SHARE" not in {breach.rule.id for breach in judge(replace(run, groups=groups), BEFORE)}


@pytest.mark.parametrize(
    ("step", "refused_"), [("oxide-electrolysis", True), ("separation", True), ("machining", False)]
)
def test_a_furnace_that_runs_through_has_no_sun_by_night(step: str, *, refused_: bool) -> None:
    run = replace(melted({"amount": "10000 kWh"}, ROOF).inventory, step=step)
    found = {breach.problem.code for breach in judge(run, BEFORE) if breach.rule.id == "E-OWN-PLANT"}
    assert found == ({"rule.e-own-plant-night"} if refused_ else set())
    by_battery = [
        replace(line, plant=line.plant and replace(line.plant, battery_kwh="500")) for line in run.power.lines
    ]
    groups = [replace(group, lines=tuple(by_battery)) if group is run.power else group for group in run.groups]
    carried = {breach.problem.code for breach in judge(replace(run, groups=groups), BEFORE)}
    assert "rule.e-own-plant-night" not in carried
    older = {breach.rule.id for breach in judge(replace(run, engine="1"), BEFORE)}
    assert not {each for each in older if each.startswith("E-OWN-")}


def test_the_run_of_an_older_engine_is_judged_by_its_rule_of_averages() -> None:
    run = melted(chosen="life-cycle").inventory
    line = replace(run.power.lines[0], factor=NATIONAL, uncovered=NATIONAL)
    groups = [replace(group, lines=(line,)) if group is run.power else group for group in run.groups]
    for engine, code in (("1", "rule.e-set-grid"), ("2", "rule.e-set-finer")):
        found = judge(replace(run, groups=groups, engine=engine), BEFORE)
        assert code in {breach.problem.code for breach in found if breach.rule.severity == "reject"}
