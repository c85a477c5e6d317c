"""A recipe and a few typed facts become a record; what is typed wrong is told at its field."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.desk.words import desk_words
from ledger.recipes.amounts import amounts_of, measured
from ledger.recipes.checked import checked_recipe, parts_of
from ledger.recipes.expand import Compositions, Expanded, expand
from ledger.recipes.made import facts_of, recipe_of
from ledger.recipes.rest import close_water
from ledger.workbook.runs import extra_columns
from schemas.door import validated
from schemas.problem import InputError, Problem
from schemas.recipe import Facts
from schemas.record import ProductionRecord
from tests.support.worlds.example_records import example_names, example_record

STRIP_CASTING = "bayan-obo/12-SC-2026-05"
ELECTROLYSIS = "bayan-obo/09-ELY-2026-04-A"


def recipe_from(name: str, **changes: object) -> dict[str, Any]:
    return recipe_of(example_record(name), name="R-1", title="Example") | changes


def expanded(recipe: dict[str, Any], facts: dict[str, Any], compositions: Compositions | None = None) -> Expanded:
    return expand(checked_recipe(recipe), validated(Facts, facts), compositions)


def problems_of(
    recipe: dict[str, Any], facts: dict[str, Any], compositions: Compositions | None = None
) -> list[Problem]:
    with pytest.raises(InputError) as refused:
        expanded(recipe, facts, compositions)
    return list(refused.value.problems)


def rule(place: str, kind: str, **more: object) -> dict[str, Any]:
    return {"place": place, "rule": kind} | more


@pytest.mark.parametrize("name", example_names())
def test_a_recipe_made_of_a_record_makes_the_same_record_of_the_same_facts(name: str) -> None:
    recipe = recipe_from(name)
    made = validated(ProductionRecord, expanded(recipe, facts_of(recipe)).record)
    record = validated(ProductionRecord, example_record(name))
    left_out = {"note": None, "valid_until": None}
    assert made == record.model_copy(update=left_out)


@pytest.mark.parametrize("name", example_names())
def test_twice_the_mass_takes_twice_of_everything_that_grows(name: str) -> None:
    recipe = recipe_from(name)
    facts = facts_of(recipe)
    for each in (*facts["inputs"], *facts["outputs"]):
        each["mass"] = f"{_doubled(each['mass'])} kg"
    facts["readings"] = {key: f"{_doubled(text)} {measured(text).unit}" for key, text in facts["readings"].items()}
    facts["reasons"] = dict.fromkeys(
        ["yield", *(f"output-{n + 1}" for n in range(len(facts["outputs"])))], "a double lot"
    )
    made = expanded(recipe, facts).record
    validated(ProductionRecord, made)
    before = {each.place: measured(each.text).number for each in amounts_of(recipe["run"])}
    after = {each.place: measured(each.text).number for each in amounts_of(made)}
    computed = {
        f"direct[{number}].mass"
        for number, each in enumerate(recipe["run"].get("direct", ()))
        if each.get("method", {}).get("by", "measured") != "measured"
    }
    assert after == {place: 2 * number for place, number in before.items() if place not in computed}


def _doubled(text: str) -> str:
    number = 2 * measured(text).number
    assert (number * 10**6).denominator == 1
    return str(number.numerator) if number.denominator == 1 else f"{float(number):.6f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("slip", [Fraction(1, 10), Fraction(10), Fraction(12, 10), Fraction(8, 10), Fraction(1000)])
@pytest.mark.parametrize("name", ["bayan-obo/05-SCR-2026-02", ELECTROLYSIS, "nimh-recycled/02-MLT-2026-02"])
def test_no_typing_error_passes_unseen(name: str, slip: Fraction) -> None:
    recipe = recipe_from(name)
    right = facts_of(recipe)
    assert right["readings"]
    for key, text in right["readings"].items():
        wrong = copy.deepcopy(right)
        typed = measured(text)
        wrong["readings"][key] = typed._replace(number=typed.number * slip).text
        assert _seen(recipe, wrong, f"readings.{key}")
    for number, output in enumerate(right["outputs"]):
        wrong = copy.deepcopy(right)
        typed = measured(output["mass"])
        wrong["outputs"][number]["mass"] = typed._replace(number=typed.number * slip).text
        assert _seen(recipe, wrong, f"outputs[{number}].mass")


def _seen(recipe: dict[str, Any], facts: dict[str, Any], place: str) -> bool:
    try:
        told = expanded(recipe, facts).warnings
    except InputError as error:
        told = error.problems
    return any(each.place == place and each.code != "recipe.same-as-typical" for each in told)


@given(st.fractions(min_value=Fraction(86, 100), max_value=Fraction(114, 100), max_denominator=997))
def test_whatever_the_scale_water_leaves_no_more_than_came(ratio: Fraction) -> None:
    recipe = recipe_from(STRIP_CASTING)
    facts = facts_of(recipe)
    facts["outputs"][0]["mass"] = measured("660 kg")._replace(number=660 * ratio).text
    facts["inputs"][0]["mass"] = measured("198.9 kg")._replace(number=Fraction("198.9") * ratio).text
    water = validated(ProductionRecord, expanded(recipe, facts).record).water
    assert water is not None
    came = sum(Fraction(each) for each in (water.fresh, water.with_reagents, water.feed_moisture, water.formed))
    left = sum(Fraction(each) for each in (water.discharged, water.evaporated, water.in_products, water.in_wastes))
    assert came >= left


def test_a_decimal_mark_in_the_wrong_place_is_guessed() -> None:
    recipe = recipe_from(STRIP_CASTING)
    facts = facts_of(recipe)
    facts["outputs"][0]["mass"] = "6600 kg"
    (found, *_) = problems_of(recipe, facts)
    assert (found.code, found.place, found.facts["meant"]) == ("recipe.outside-band-meant", "outputs[0].mass", "660 kg")
    assert "Was 660 kg meant?" in found.sentence()


def test_a_unit_a_thousand_times_too_large_is_guessed() -> None:
    recipe = recipe_from("bayan-obo/05-SCR-2026-02")
    facts = facts_of(recipe)
    facts["readings"]["end-of-life"] = "490 t"
    (found,) = problems_of(recipe, facts)
    assert (found.code, found.place, found.facts["meant"]) == (
        "recipe.outside-band-meant", "readings.end-of-life", "490 kg",
    )  # fmt: skip


def test_a_scaled_mass_that_a_method_computes_is_left_to_the_method() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    for each in (*facts["inputs"], *facts["outputs"]):
        each["mass"] = measured(each["mass"])._replace(number=measured(each["mass"]).number * Fraction(11, 10)).text
    by_method = [
        each for each in expanded(recipe, facts).record["direct"] if each.get("method", {}).get("by") != "measured"
    ]
    assert by_method
    assert all("mass" not in each for each in by_method if "method" in each)


def test_a_typed_reason_lets_an_odd_amount_pass_and_stands_in_the_note_of_its_line() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    key, text = next(iter(facts["readings"].items()))
    facts["readings"][key] = measured(text)._replace(number=measured(text).number * 2).text
    assert [each.place for each in problems_of(recipe, facts)] == [f"readings.{key}"]
    facts["reasons"] = {key: "the furnace was lined anew"}
    made = expanded(recipe, facts)
    place = next(each["place"] for each in recipe["amounts"] if each["key"] == key)
    group, _, rest = place.partition("[")
    assert made.record[group][int(rest.partition("]")[0])]["note"] == "the furnace was lined anew"
    assert "recipe.reasoned" in {each.code for each in made.warnings}


def test_a_reading_that_equals_the_typical_one_is_told() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    codes = {each.code for each in expanded(recipe, facts_of(recipe)).warnings}
    assert codes == {"recipe.same-as-typical"}


def test_only_an_asked_amount_stays_metered() -> None:
    name = "bayan-obo/05-SCR-2026-02"
    asked = recipe_from(name)
    scaled = recipe_from(name, amounts=[])
    places = [each["place"].partition(".")[0] for each in asked["amounts"]]
    for place in places:
        group, _, number = place.rstrip("]").partition("[")
        assert expanded(asked, facts_of(asked)).record[group][int(number)].get("basis", "metered") != "calculated"
        assert expanded(scaled, facts_of(scaled)).record[group][int(number)]["basis"] == "calculated"


def test_scales_of_inputs_of_batches_and_of_nothing_differ() -> None:
    recipe = recipe_from(
        STRIP_CASTING,
        amounts=[
            rule("materials[0].mass", "per-input"),
            rule("materials[1].mass", "per-run"),
            rule("materials[2].mass", "fixed"),
        ],
    )
    facts = facts_of(recipe) | {"batches": 3, "reasons": {"yield": "a trial"}}
    facts["inputs"] = [{"lot": "ME-31", "mass": "208.9 kg"}, {"lot": "DF-05", "mass": "208.9 kg"}]
    masses = [each["mass"] for each in expanded(recipe, facts).record["materials"][:4]]
    assert masses == ["833.2 kg", "99.6 kg", "6.65 kg", "1 kg"]


def test_a_rest_closes_the_balance_of_elements_exactly() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    recipe["run"]["wastes"][0]["elements"] = {"Nd": "2.287694 kg", "Pr": "0.684518 kg"}
    facts = facts_of(recipe)
    compositions = {"me-31": {"Nd": "0.76", "Pr": "0.24"}, "df-5": {"Dy": "0.8", "Fe": "0.2"}}
    made = expanded(recipe, facts, compositions)
    waste = made.record["wastes"][0]
    nd = Fraction("198.9") * Fraction("0.76") - 660 * Fraction("0.227823")
    assert measured(waste["elements"]["Nd"]).number == nd
    assert made.typed.of("wastes[0].mass") == "rest"
    facts["outputs"][0]["mass"] = "560 kg"  # 660 was meant; the slag would take 100 kg
    facts["reasons"] = {"yield": "so it was", "output-1": "so it was"}
    found = problems_of(recipe, facts, compositions)
    assert [(each.code, each.place) for each in found] == [("recipe.outside-band", "rest")]


def test_a_rest_is_never_below_zero() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    facts = facts_of(recipe)
    facts["outputs"][0]["mass"] = "700 kg"
    found = problems_of(recipe, facts, {"me-31": {"Nd": "0.76", "Pr": "0.24"}, "df-5": {"Dy": "0.8", "Fe": "0.2"}})
    assert ("recipe.rest-negative", "rest") in {(each.code, each.place) for each in found}


def test_a_rest_of_air_and_water_alone_closes_nothing() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    recipe["run"]["wastes"][0]["elements"] = {"O": "0.2 kg", "C": "0.1 kg"}
    found = problems_of(recipe, facts_of(recipe), {"me-31": {"Nd": "1"}, "df-5": {"Dy": "1"}})
    assert [(each.code, each.place) for each in found] == [("recipe.rest-elements", "rest")]


def test_a_rest_of_elements_names_each_input_whose_composition_is_not_at_hand() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    found = problems_of(recipe, facts_of(recipe), {"me-31": {"Nd": "0.76"}})
    assert [(each.code, each.place) for each in found] == [("recipe.input-unknown", "inputs[1]")]


def test_no_departure_is_typed_for_a_line_that_is_computed() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    facts = facts_of(recipe)
    facts["departures"] = [{"group": "wastes", "name": "melting slag and skull", "amount": "9 kg", "note": "weighed"}]
    codes = {each.code for each in problems_of(recipe, facts)}
    assert "recipe.departs-rest" in codes


def test_a_rest_of_a_waste_without_elements_takes_the_mass() -> None:
    rest = rule("wastes[0].mass", "rest", low="1 kg", high="30 kg")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest])
    del recipe["run"]["wastes"][0]["elements"]
    facts = facts_of(recipe)
    facts["reasons"] = {"rest": "the cooling water is a material here"}
    taken = [each["mass"] for group in ("inputs", "materials") for each in recipe["run"][group]]
    came = sum(measured(each).number for each in taken)
    assert measured(expanded(recipe, facts).record["wastes"][0]["mass"]).number == came - 660 - 33


def test_a_rest_of_water_closes_its_balance() -> None:
    rest = rule("water.evaporated", "rest", low="0.5 m3", high="0.8 m3")
    fresh = rule("water.fresh", "asked", key="fresh-water", low="0.5 m3", high="0.8 m3")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest, fresh])
    facts = facts_of(recipe)
    facts["readings"]["fresh-water"] = "0.71 m3"
    made = expanded(recipe, facts)
    assert made.record["water"]["evaporated"] == "0.71 m3"
    facts["readings"]["fresh-water"] = "0.81 m3"
    assert {each.place for each in problems_of(recipe, facts)} == {"readings.fresh-water", "water"}


@pytest.mark.parametrize("name", [STRIP_CASTING, ELECTROLYSIS])
def test_every_line_is_called_as_people_call_it(name: str) -> None:
    recipe = checked_recipe(recipe_from(name))
    labels = {line: recipe.label(line) for line in (*recipe.lines, *parts_of(recipe.recipe.run))}
    assert [label for line, label in labels.items() if "_" in label or "[" in label or label == line] == ["anodes"] * (
        "anodes" in labels
    )
    assert labels["water.fresh"] == "fresh water"
    assert recipe.called("run.water.fresh") == ("fresh water", "amount")
    assert recipe.called("run.electricity[the line].factor") == ("the line", "factor")
    assert recipe.called("outputs[9].low") == ("", "outputs[9].low")
    assert recipe.called("amounts[fuels[9].amount].low")[0] == ""


def test_problems_and_headings_name_a_line_of_the_water_balance_in_both_languages() -> None:
    rest = rule("water.evaporated", "rest", low="0.5 m3", high="0.8 m3")
    fresh = rule("water.fresh", "asked", key="fresh-water", low="0.5 m3", high="0.8 m3")
    recipe = recipe_from(STRIP_CASTING, amounts=[rest, fresh])
    facts = facts_of(recipe)
    facts["readings"]["fresh-water"] = "0.85 m3"
    facts["reasons"] = {"fresh-water": "a leak", "water": "a leak"}
    told = [each for each in expanded(recipe, facts).warnings if each.code == "recipe.reasoned"]
    facts["reasons"] = {}
    told += problems_of(recipe, facts)
    with pytest.raises(InputError) as refused:
        close_water(recipe["run"] | {"water": recipe["run"]["water"] | {"in_wastes": "9 m3"}}, "water.evaporated")
    told += refused.value.problems
    twice = rule("water.discharged", "rest", low="0 m3", high="1 m3", reason="all")
    with pytest.raises(InputError) as refused:
        checked_recipe(recipe | {"amounts": [rest, twice]})
    told += refused.value.problems
    assert [each.words().partition(":")[0].partition(" is ")[0].partition(". More")[0] for each in told] == [
        "fresh water", "evaporated water", "fresh water", "evaporated water", "-8.34 m3 would be left of evaporated water",
        "discharged water",
    ]  # fmt: skip
    chinese = [str(desk_words("zh-Hans").problem(each)) for each in told]
    assert all("新鲜水" in each or "蒸发水" in each or "外排水" in each for each in chinese), chinese
    (heading,) = extra_columns([checked_recipe(recipe)])["runs"][:1]
    assert heading.heading == {"en": "fresh water", "zh-Hans": "新鲜水"}


def test_an_analysis_changes_the_composition_and_the_balance_element_takes_the_difference() -> None:
    recipe = recipe_from(STRIP_CASTING)
    recipe["outputs"][0] |= {"asked": ["Nd", "Dy"], "balance": "Fe"}
    facts = facts_of(recipe)
    facts["outputs"][0]["assay"] = {"Nd": "0.228823", "Dy": "1.1967 %"}
    composition = expanded(recipe, facts).record["outputs"][0]["composition"]
    assert (composition["Nd"], composition["Dy"], composition["Fe"]) == ("0.228823", "0.011967", "0.663033")
    facts["outputs"][0]["assay"] = {"Nd": "0.95", "Pr": "0.1"}
    found = {(each.code, each.place) for each in problems_of(recipe, facts)}
    assert {("recipe.assay-missing", "outputs[0].assay.Dy"), ("recipe.assay-not-asked", "outputs[0].assay.Pr")} <= found
    facts["outputs"][0]["assay"] = {"Nd": "0.95", "Dy": "0.01"}
    assert [each.code for each in problems_of(recipe, facts)] == ["recipe.assay-sum"]


def test_a_departure_changes_a_line_or_adds_one() -> None:
    recipe = recipe_from(STRIP_CASTING)
    facts = facts_of(recipe)
    facts["departures"] = [
        {"group": "materials", "name": "argon", "amount": "66 kg", "basis": "weighed", "note": "a leak"},
        {
            "group": "materials",
            "name": "zirconium",
            "amount": "2 kg",
            "factor": "placeholders/cobalt.glo",
            "note": "trial",
        },
        {"group": "wastes", "name": "dust", "amount": "1 kg", "note": "filter was emptied"},
        {"group": "electricity", "name": "fan", "amount": "12 kWh", "note": "trial"},
    ]
    record = expanded(recipe, facts).record
    argon = next(each for each in record["materials"] if each["name"] == "argon")
    assert (argon["mass"], argon["basis"], argon["note"]) == ("66 kg", "weighed", "a leak")
    assert record["materials"][-1] == {
        "name": "zirconium", "mass": "2 kg", "basis": "assumed", "factor": "placeholders/cobalt.glo", "note": "trial",
    }  # fmt: skip
    assert record["wastes"][-1]["fate"] == "filter was emptied"
    assert record["electricity"][-1]["grid"] == "CN-ZJ"
    validated(ProductionRecord, record)
    facts["departures"] = [{"group": "materials", "name": "argon", "amount": "66 kWh", "note": "a slip"}]
    assert [(each.code, each.place) for each in problems_of(recipe, facts)] == [
        ("recipe.other-unit", "departures[0].amount")
    ]


def test_a_refusal_of_the_record_lands_on_the_field_that_was_typed() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    salt = {"group": "materials", "name": "trial salt", "amount": "2 kg", "factor": "methods/no-burden.glo"}
    facts["departures"] = [{**salt, "note": "new"}]
    made = expanded(recipe, facts)
    del made.record["materials"][-1]["factor"]
    found = {each.of(place): place for each in [made.typed] for place in _places(recipe, made)}
    for key in facts["readings"]:
        assert f"readings.{key}" in found
    assert {"inputs[0].mass", "outputs[0].lot", "period.end", "run"} <= {*found}
    with pytest.raises(InputError) as refused:
        validated(ProductionRecord, made.record)
    (problem,) = [made.typed.at_its_field(each) for each in refused.value.problems]
    assert (problem.code, problem.place) == ("document.missing-member", "departures[0]")
    assert made.typed.of("materials[0].factor").startswith(("recipe.run.materials[0]", "readings."))
    assert made.typed.of("") == ""


def test_a_new_line_owes_its_factor_and_an_input_is_named_once() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    facts["departures"] = [{"group": "materials", "name": "trial salt", "amount": "2 kg", "note": "new"}]
    facts["inputs"] = [facts["inputs"][0], {**facts["inputs"][0], "lot": facts["inputs"][0]["lot"].lower()}]
    told = {(each.code, each.place) for each in problems_of(recipe, facts)}
    assert {("recipe.departs-factor", "departures[0].factor"), ("recipe.input-twice", "inputs[1]")} <= told


def test_a_run_without_a_name_takes_its_lots_only_if_runs_may_have_it() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    facts.pop("run", None)
    facts["outputs"][0]["lot"] = "铝 41"
    assert [(each.code, each.place) for each in problems_of(recipe, facts)] == [("recipe.run-unnamed", "run")]
    facts["run"] = "A-41"
    assert expanded(recipe, facts).record["outputs"][0]["lot"] == "铝 41"


def _places(recipe: dict[str, Any], made: Expanded) -> list[str]:
    asked = [each["place"] for each in recipe["amounts"]]
    return [*asked, "inputs[0].mass", "outputs[0].lot", "period.end", "run", "allocation.method"]


def test_missing_and_foreign_readings_are_named_all_at_once() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    key = next(iter(facts["readings"]))
    del facts["readings"][key]
    facts["readings"]["steam"] = "3 kg"
    facts["outputs"] = [*facts["outputs"], {"lot": "X-1", "mass": "1 kg"}]
    found = {(each.code, each.place) for each in problems_of(recipe, facts)}
    place = f"outputs[{len(recipe['outputs'])}]"
    assert found == {
        ("recipe.reading-missing", f"readings.{key}"),
        ("recipe.not-asked", "readings.steam"),
        ("recipe.too-many-outputs", place),
    }


def test_a_reading_of_another_dimension_or_no_number_is_refused_at_its_field() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    first, second = list(facts["readings"])[:2]
    facts["readings"] |= {first: "3 kWh", second: "a lot"}
    found = {(each.code, each.place) for each in problems_of(recipe, facts)}
    assert ("recipe.other-unit", f"readings.{first}") in found
    assert ("quantity.form", f"readings.{second}") in found


def test_an_absence_names_the_input_of_this_run() -> None:
    record = example_record(STRIP_CASTING)
    record["absent"] = [{"item": "inert-gas", "reason": "in-input", "lot": "DF-05"}]
    recipe = recipe_of(record, name="R-1", title="Example")
    facts = facts_of(recipe)
    facts["inputs"][1]["lot"] = "DF-09"
    made = expanded(recipe, facts)
    assert made.record["absent"][0]["lot"] == "DF-09"
    assert made.typed.of("absent[0].lot") == "inputs[1].lot"
    del facts["inputs"][1]
    assert "recipe.absent-input" in {each.code for each in problems_of(recipe, facts)}


def test_inputs_where_the_recipe_has_none_and_none_where_it_has_some() -> None:
    recipe = recipe_from(STRIP_CASTING)
    assert "recipe.no-inputs" in {each.code for each in problems_of(recipe, facts_of(recipe) | {"inputs": []})}
    first = recipe_from("bayan-obo/01-BEN-2026-01")
    given_one = facts_of(first) | {"inputs": [{"lot": "A", "mass": "1 kg"}]}
    assert "recipe.inputs" in {each.code for each in problems_of(first, given_one)}


def test_facts_of_another_recipe_or_version_are_refused() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    for change, code in (({"recipe": "R-2"}, "recipe.other"), ({"version": 4}, "recipe.other-version")):
        assert [each.code for each in problems_of(recipe, facts | change)] == [code]
    without = {name: value for name, value in facts.items() if name != "version"}
    assert expanded(recipe, without).record["run"] == facts["run"]


def test_an_odd_yield_needs_a_reason() -> None:
    recipe = recipe_from(ELECTROLYSIS)
    facts = facts_of(recipe)
    facts["inputs"][0]["mass"] = measured(facts["inputs"][0]["mass"])._replace(number=Fraction(10)).text
    assert "recipe.yield" in {each.code for each in problems_of(recipe, facts)}


def test_an_output_that_nobody_weighed_scales_with_the_first() -> None:
    recipe = recipe_from("bayan-obo/03-SEP-2026-02")
    facts = facts_of(recipe)
    assert len(facts["outputs"]) > 1
    facts["outputs"] = facts["outputs"][:1]
    record = expanded(recipe, facts).record
    assert record["outputs"][1]["mass"] == recipe["run"]["outputs"][1]["mass"]
    assert record["outputs"][1]["lot"] == f"{facts['outputs'][0]['lot']}-2"
    del facts["outputs"][0]["mass"]
    assert "recipe.no-mass" in {each.code for each in problems_of(recipe, facts)}


def test_a_typed_moisture_replaces_the_mass_as_shipped() -> None:
    record = example_record(STRIP_CASTING)
    record["outputs"][0]["shipped_mass"] = "660 kg"
    recipe = recipe_of(record, name="R-1", title="Example")
    facts = facts_of(recipe)
    facts["outputs"][0]["moisture"] = "0.05"
    output = expanded(recipe, facts).record["outputs"][0]
    assert output["moisture"] == "0.05"
    assert "shipped_mass" not in output


def test_a_wrong_mass_does_not_make_every_reading_look_wrong() -> None:
    recipe = recipe_from("bayan-obo/05-SCR-2026-02")
    facts = facts_of(recipe)
    facts["outputs"][0]["mass"] = "12000 kg"
    assert [each.place for each in problems_of(recipe, facts)] == ["outputs[0].mass"]
