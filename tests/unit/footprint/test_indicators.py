"""Figures besides greenhouse gases: what each line gives, what is not told, and how it goes down the chain."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from ledger.drafting.trace import explain_indicators
from ledger.drafting.written import sealed_groups
from ledger.footprint.indicators import (
    indicator_rows,
    indicator_terms,
    output_parts,
    own_indicators,
    parsed_indicators,
    per_kg_text,
    upstream_part,
    vector_sum,
)
from schemas.inventory import Electricity, ElectricityLine, FuelLine, Fuels, GasMass, Waste, WasteLine, Water
from schemas.problem import InputError
from schemas.quantity import milligrams, trillionths
from schemas.run import RunFacts, Source
from schemas.vocabulary import INDICATORS, Indicator, WasteClass
from tests.support.worlds import sample_records as samples
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from schemas.record import ProductionRecord

BURNT = "fuels/natural-gas-burnt.glo.2006"
BURNT_BY_ENERGY = "fuels/natural-gas-burnt-energy.glo.2006"
CH4_N2O = "placeholders/natural-gas-burnt-ch4-n2o-energy.glo.2006"
SUPPLY = "fuels/natural-gas-upstream.cn.2024"
STEAM = "fuels/purchased-heat-steam-default.cn"
GRID = "grid/location.cn-nm.2023"
OWN_FUEL = "methods/electricity-own-fuel-direct.glo"


def fuel(factor: str, **more: object) -> FuelLine:
    said: dict[str, Any] = {
        "name": "f",
        "basis": "metered",
        "meter": "M-1",
        "amount": "10",
        "unit": "kg",
        "factor": factor,
    } | more
    return FuelLine(**said)


def found(*groups: Fuels | Electricity | Waste) -> dict[str, str]:
    return dict(indicator_rows(own_indicators(groups, tables=example.tables()).vector))


def partial(*groups: Fuels | Electricity | Waste) -> frozenset[str]:
    return own_indicators(groups, tables=example.tables()).partial


def fuels(*lines: FuelLine) -> Fuels:
    return Fuels(group="fuels", lines=lines)


def waste(*lines: WasteLine, **water: str) -> Waste:
    zero: dict[str, str] = dict.fromkeys(
        ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes",
         "recycled"), "0",
    )  # fmt: skip
    return Waste(group="waste", lines=lines, water=Water.validated(**zero | water))


def residue(kind: WasteClass | None, **elements: str) -> WasteLine:
    return WasteLine(
        name="w", basis="weighed", meter="W-1", mass_kg="12.5", moisture="0.3", waste_class=kind, fate="store",
        elements=tuple(elements.items()),
    )  # fmt: skip


# -- energy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "energy"),
    [
        (fuel(BURNT, energy_mj="480"), "480"),
        (fuel(BURNT_BY_ENERGY, unit="MJ"), "10"),
        (fuel(BURNT_BY_ENERGY, heating_value_mj="48"), "480"),
        (fuel(STEAM, unit="MJ"), "10"),
        (fuel(SUPPLY, energy_mj="480"), None),
        (fuel(CH4_N2O, unit="MJ"), None),
        (fuel("licensed/gas", unit="MJ", value=(GasMass(gas="CO2-fossil", mass_kg="1"),)), "10"),
    ],
    ids=["burnt", "by energy", "by heating value", "steam", "supply", "its CH4 and N2O", "not public"],
)
def test_a_fuel_counts_once_by_its_net_calorific_value(line: FuelLine, energy: str | None) -> None:
    assert found(fuels(line)).get("energy") == energy


def power(**more: object) -> Electricity:
    said: dict[str, Any] = {
        "name": "e",
        "basis": "metered",
        "meter": "M-1",
        "amount_kwh": "100.25",
        "grid": "CN-NM",
        "factor": GRID,
        "uncovered": GRID,
    }
    return Electricity(group="electricity", lines=(ElectricityLine(**said | more),))


def test_a_kilowatt_hour_is_3_6_megajoules() -> None:
    assert found(power()) == {"energy": "360.9"}


def test_electricity_made_of_the_plants_own_fuel_counts_as_that_fuel() -> None:
    own = power(own="attributes-kept", factor=OWN_FUEL, uncovered=OWN_FUEL)
    assert found(own, fuels(fuel(BURNT, energy_mj="480"))) == {"energy": "480"}


def test_energy_that_nobody_told_is_partial_and_no_zero() -> None:
    assert "energy" in partial(fuels(fuel(BURNT)))
    assert "energy" not in partial(fuels(fuel(BURNT, energy_mj="480"), fuel(SUPPLY)))


# -- water and wastes -----------------------------------------------------------------------------------------------


def test_water_consumed_is_what_does_not_go_back() -> None:
    water = waste(
        fresh="7", with_reagents="2", formed="1", discharged="4", evaporated="3", in_products="1", in_wastes="2"
    )
    assert found(water) == {"water-withdrawn": "7", "water-discharged": "4", "water-consumed": "6"}


def test_water_that_is_told_of_no_way_out_makes_consumption_partial() -> None:
    closed = {"fresh": "7", "evaporated": "6", "in_wastes": "1"}
    assert "water-consumed" not in partial(waste(**closed))
    assert partial(waste(**closed | {"evaporated": "5"})) == {"water-consumed"}


def test_loads_of_what_is_discharged() -> None:
    water = waste(fresh="4", discharged="4", fluoride_kg="0.04", ammonia_nitrogen_kg="0.06")
    told = found(water)
    assert (told["fluoride-discharged"], told["ammonia-nitrogen-discharged"]) == ("0.04", "0.06")
    assert not partial(water)


def test_what_is_not_said_of_water_is_partial() -> None:
    assert partial(waste(fresh="4", discharged="4")) == {"fluoride-discharged", "ammonia-nitrogen-discharged"}
    assert partial(waste()) == frozenset()  # nothing leaves, so nothing leaves in it
    assert partial(Waste(group="waste", lines=())) == {
        "water-withdrawn", "water-discharged", "water-consumed", "fluoride-discharged", "ammonia-nitrogen-discharged",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("hazardous", "waste-hazardous"),
        ("non-hazardous", "waste-non-hazardous"),
        ("radioactive", "waste-radioactive"),
        (None, "waste-non-hazardous"),
    ],
)
def test_wastes_count_dry_in_their_class(kind: WasteClass | None, name: str) -> None:
    assert found(waste(residue(kind)))[name] == "12.5"


@pytest.mark.parametrize("kind", ["in-water", "in-place"])
def test_what_leaves_in_water_and_what_never_moved_are_no_wastes(kind: WasteClass) -> None:
    assert found(waste(residue(kind, Th="0.5"))) == {}


def test_thorium_and_uranium_of_residues_stand_apart() -> None:
    told = found(waste(residue("radioactive", Th="0.5", U="0.125"), residue(None, Th="0.25")))
    assert (told["thorium"], told["uranium"]) == ("0.75", "0.125")


def test_a_radioactive_residue_that_names_neither_is_partial() -> None:
    assert partial(waste(residue("radioactive"))) == {"thorium", "uranium"}
    assert partial(waste(residue("radioactive", Th="0.5"))) == frozenset()


# -- down the chain -------------------------------------------------------------------------------------------------


def test_an_input_brings_its_part_rounded_once() -> None:
    vector = upstream_part((("energy", "1"), ("thorium", "0.000000000003")), 1, 3)
    assert indicator_rows(vector) == (("energy", "0.333333333333"), ("thorium", "0.000000000001"))


def test_parts_equal_the_whole_and_the_largest_weight_takes_the_rest() -> None:
    whole = parsed_indicators((("energy", "0.00000000001"), ("uranium", "7")))
    one, two, three = output_parts(whole, [1, 1, 1])
    assert vector_sum([one, two, three]) == whole
    assert one[0] == 4


def test_rows_and_vectors_are_the_same() -> None:
    rows = samples.INDICATORS
    assert indicator_rows(parsed_indicators(rows)) == rows


def test_a_figure_for_each_kg() -> None:
    assert per_kg_text("1", "3") == "0.333333333333"


def test_a_class_and_a_load_that_people_write_are_sealed() -> None:
    value = example.written("MAG-2026-06")
    value["water"] |= {"fluoride": "1.2 g", "ammonia_nitrogen": "0 kg"}
    group = sealed_groups(example.read(value), example.tables())[5]
    assert isinstance(group, Waste)
    assert [line.waste_class for line in group.lines] == [None, "hazardous", "hazardous"]
    assert group.water is not None
    assert (group.water.fluoride_kg, group.water.ammonia_nitrogen_kg) == ("0.0012", "0")


@pytest.mark.parametrize("rows", [(("thorium", "1"), ("energy", "1")), (("energy", "1"), ("energy", "2"))])
def test_rows_have_one_order(rows: tuple[tuple[str, str], ...]) -> None:
    text = samples.run_facts().to_text()
    told = ",".join(f'["{name}","{amount}"]' for name, amount in rows)
    start = text.index('"own_indicators":')
    end = text.index('"upstream_indicators":')
    with pytest.raises(InputError) as caught:
        RunFacts.from_text(f'{text[:start]}"own_indicators":[{told}],{text[end:]}')
    assert caught.value.code == "document.order"


def test_a_row_of_nothing_has_no_place() -> None:
    text = samples.inputs(1)[0][1].to_text()
    with pytest.raises(InputError) as caught:
        Source.from_text(text.replace('["energy","61234.567890123456"]', '["energy","0"]'))
    assert caught.value.code == "quantity.positive-12"


# -- the worked example, a second time ------------------------------------------------------------------------------


def own_again(record: ProductionRecord) -> dict[Indicator, Fraction]:
    """Add the lines of a written record up, in fractions."""
    total = dict.fromkeys(INDICATORS, Fraction())
    for power in record.electricity:
        total["energy"] += Fraction(power.amount) * Fraction("3.6")
    for each in record.fuels:
        total["energy"] += Fraction(each.energy or "0") if "supply" not in each.name else 0
    for line in record.wastes:
        if line.waste_class in {"in-water", "in-place"}:
            continue
        name = {"hazardous": INDICATORS[4], "radioactive": INDICATORS[6]}.get(line.waste_class or "", INDICATORS[5])
        total[name] += Fraction(line.mass)
        total["thorium"] += Fraction(line.elements.get("Th", "0"))
        total["uranium"] += Fraction(line.elements.get("U", "0"))
    water = record.water
    assert water is not None
    total["water-withdrawn"] += Fraction(water.fresh)
    total["water-discharged"] += Fraction(water.discharged)
    total["water-consumed"] += sum(map(Fraction, (water.evaporated, water.in_products, water.in_wastes)))
    total["ammonia-nitrogen-discharged"] += Fraction(water.ammonia_nitrogen or "0")
    return total


def test_every_figure_of_the_example_computed_again_with_fractions() -> None:
    again: dict[str, dict[Indicator, Fraction]] = {}
    for run in example.runs():
        record, done = example.read(example.written(run)), example.drafts()[run]
        total = own_again(record)
        for item in record.inputs:
            net = Fraction(example.lots()[item.lot or ""].facts.batch.net_mass_kg)
            for name, amount in again[item.lot or ""].items():
                total[name] += amount * Fraction(item.mass) / net
        weights = done.result.weights
        for certified in done.certified:
            share = Fraction(weights[certified.index], sum(weights))
            again[certified.batch.lot] = {name: amount * share for name, amount in total.items()}
            told = dict(certified.indicators.rows)
            for name, amount in again[certified.batch.lot].items():
                assert abs(Fraction(told.get(name, "0")) - amount) < Fraction(1, 10**9), (certified.batch.lot, name)


def number(value: str) -> Fraction:
    """Return the number that a term's value begins with."""
    return Fraction(value.partition(" ")[0])


def test_the_trace_of_an_indicator_leads_to_its_lines_and_inputs() -> None:
    done = example.drafts()["MAG-2026-06"]
    upstream = [example.lots()[item.lot or ""] for item in example.read(example.written("MAG-2026-06")).inputs]
    terms = explain_indicators(done, upstream, 0, tables=example.tables())
    assert [term.name.partition(", ")[2] for term in terms] == [name for name, _ in done.certified[0].indicators.rows]
    for term in terms:
        whole = sum((number(operand.value) for operand in term.operands), Fraction())
        assert number(term.value) == whole  # a run of one output


def test_every_part_of_a_line_is_told() -> None:
    group = waste(residue("radioactive", Th="0.5"), fresh="7")
    told = {(part.indicator, part.amount) for part in indicator_terms(group, tables=example.tables()) if part.amount}
    assert told == {
        ("waste-radioactive", trillionths("12.5")),
        ("thorium", trillionths("0.5")),
        ("water-withdrawn", trillionths("7")),
    }


def test_a_magnet_has_three_categories_and_more() -> None:
    certified = example.drafts()["MAG-2026-06"].certified[0]
    assert milligrams(certified.batch.net_mass_kg) == 500 * 10**6
    told = dict(certified.indicators.rows)
    assert len({name.partition("-")[0] for name in told}) >= 3
    assert (told["waste-radioactive"], told["thorium"]) == ("40952.098813139211", "12.41662710258")
    assert certified.indicators.partial == ("energy", "fluoride-discharged", "ammonia-nitrogen-discharged")
