"""What people should look at again: repeated readings, numbers of an example, factors that have aged."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.recipes.checked import checked_recipe
from ledger.recipes.doubts import factors_of, pinned_of, stale_factors
from ledger.recipes.expand import expand
from ledger.recipes.made import facts_of, recipe_of
from ledger.tables import shipped_tables
from schemas.door import validated
from schemas.instant import Period
from schemas.problem import InputError
from schemas.recipe import Facts
from schemas.record import ProductionRecord
from tests.support.worlds.example_records import example_record

SCRAP = "bayan-obo/05-SCR-2026-02"


def scrap(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    return recipe_of(example_record(SCRAP), name="SCR", title="scrap") | changes


def facts(recipe: dict[str, Any]) -> Facts:
    return validated(Facts, facts_of(recipe))


def test_a_reading_that_equals_the_one_of_the_run_before_is_told() -> None:
    typed = facts(scrap())
    key, text = next(iter(typed.readings.items()))
    made = expand(checked_recipe(scrap()), typed, before={key: text})
    assert [each.place for each in made.warnings if each.code == "recipe.same-as-before"] == [f"readings.{key}"]
    made = expand(checked_recipe(scrap()), typed, before={key: "1 kg"})
    assert "recipe.same-as-before" not in {each.code for each in made.warnings}


def test_a_number_of_an_example_keeps_a_run_from_being_made_but_for_a_trial() -> None:
    recipe = scrap(examples=["materials[0]", "outputs[0]"])
    with pytest.raises(InputError) as refused:
        expand(checked_recipe(recipe), facts(recipe))
    assert [(each.code, each.place) for each in refused.value.problems] == [
        ("recipe.example", "recipe.run.materials[0]"),
        ("recipe.example", "recipe.run.outputs[0]"),
    ]
    made = expand(checked_recipe(recipe, trial=True), facts(recipe))
    assert {each.code for each in made.warnings} >= {"recipe.example"}


def test_an_example_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        checked_recipe(scrap(examples=["materials[99]"]))
    assert [(each.code, each.place) for each in refused.value.problems] == [("recipe.example-unknown", "examples[0]")]


def test_a_newer_table_and_an_old_factor_are_told() -> None:
    tables = shipped_tables()
    record = validated(ProductionRecord, example_record("bayan-obo/12-SC-2026-05"))
    pinned = pinned_of(record, tables)
    assert pinned.tables["grid"] == tables.sets["grid"].digest
    assert any(each.startswith("grid/") for each in pinned.years)
    (old,) = stale_factors(pinned, record, tables)
    assert (old.code, old.facts["factor"]) == ("recipe.factor-old", "materials/tap-water.cn.2019")
    older = pinned.model_copy(update={"tables": {**pinned.tables, "grid": "A" * 43}})
    assert next(stale_factors(older, record, tables)).code == "recipe.tables-newer"
    later = record.model_copy(update={"period": Period(start=record.period.start, end="2031-01-02")})
    told = [*stale_factors(pinned, later, tables)]
    assert {each.code for each in told} == {"recipe.factor-old"}
    assert {each.place for each in told} > {"electricity[0].factor", "materials[7].factor"}


def test_the_factors_of_a_grid_are_pinned_although_nobody_named_them() -> None:
    written = example_record("bayan-obo/12-SC-2026-05")
    for each in written["electricity"]:
        each.pop("factor", None), each.pop("uncovered", None)
    found = dict(factors_of(validated(ProductionRecord, written), shipped_tables()))
    assert found["electricity[0].grid"].startswith("grid/residual.cn")
