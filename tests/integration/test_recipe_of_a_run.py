"""A recipe made of a certified run: the run comes back as a record that has the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.past_runs import last_runs, run_of_lot
from ledger.desk.recipe_trial import drift_of, try_recipe
from ledger.drafting.draft import absent_of
from ledger.drafting.written import sealed_groups
from ledger.recipes.checked import checked_recipe
from ledger.recipes.differences import Difference
from ledger.recipes.expand import expand
from ledger.recipes.made import facts_of, recipe_of
from schemas.door import parse_value, validated
from schemas.problem import MissingError
from schemas.recipe import Facts
from schemas.record import ProductionRecord
from tests.support.registries.example import EXAMPLE, chain
from tests.support.registries.lived_in import TABLES, Life, a_life

if TYPE_CHECKING:
    pass

RECORDS = {each.run: each for each in chain()}
FILES = {path.stem.partition("-")[2]: path.stem for path in EXAMPLE.glob("[0-9]*.yaml")}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("recipes") / "home")


@pytest.mark.parametrize("name", RECORDS)
def test_a_certified_run_comes_back_as_the_record_that_made_it(life: Life, name: str) -> None:
    written = RECORDS[name]
    lot = next(each.lot for each in written.outputs if each.certify)
    again = validated(ProductionRecord, run_of_lot(life.registry, lot, party=written.producer, tables=TABLES).record)
    assert sealed_groups(again, TABLES) == sealed_groups(written, TABLES)
    assert (again.inputs, again.allocation.method, again.excluded) == (
        written.inputs,
        written.allocation.method,
        written.excluded,
    )
    assert (absent_of(again), again.untracked, set(again.stated)) == (
        absent_of(written),
        written.untracked,
        set(written.stated),
    )
    for now, before in zip(again.outputs, written.outputs, strict=True):
        for member in ("lot", "kind", "product", "mass", "composition", "certify", "allocate", "sold", "quote"):
            assert getattr(now, member) == getattr(before, member), member
        assert now.price == before.price or not now.allocate  # a run does not seal prices that share nothing out
        if now.certify:
            assert (now.description, now.moisture, now.coating) == (before.description, before.moisture, before.coating)


@pytest.mark.parametrize("name", RECORDS)
def test_its_recipe_and_the_same_facts_make_the_same_figures(life: Life, name: str) -> None:
    written = RECORDS[name]
    lot = next(each.lot for each in written.outputs if each.certify)
    record = run_of_lot(life.registry, lot, party=written.producer, tables=TABLES).record
    recipe = recipe_of(record, name="R", title="a past run")
    made = expand(checked_recipe(recipe), validated(Facts, facts_of(recipe)))
    assert validated(ProductionRecord, made.record) == validated(ProductionRecord, record)


def test_a_lot_of_another_producer_is_not_told_from_none(life: Life) -> None:
    for name in ("SEP-B-2026-03", "no-such-lot"):
        with pytest.raises(MissingError) as refused:
            run_of_lot(life.registry, name, party="did:web:nobody.example", tables=TABLES)
        assert refused.value.code == "recipe.no-lot"


def test_the_last_run_of_a_plant_is_found_by_what_it_made(life: Life) -> None:
    like = RECORDS["SC-2026-05"]
    ((past,), again) = last_runs(life.registry, [like, like], most=20, tables=TABLES)
    assert again == [past]
    assert (past.record["run"], past.certificate.batch.lot) == ("SC-2026-05", like.outputs[0].lot)


@pytest.mark.parametrize("name", RECORDS)
def test_a_recipe_tried_on_its_own_run_has_the_same_figure_to_the_last_digit(life: Life, name: str) -> None:
    written = RECORDS[name]
    value = parse_value((EXAMPLE / f"{FILES[name]}.yaml").read_bytes(), media="yaml")
    assert isinstance(value, dict)
    checked = checked_recipe(recipe_of(value, name="R", title="an example"))
    tried = try_recipe(life.registry, checked, party=written.producer, tables=TABLES)
    assert (tried.problems, tried.after) == ((), tried.before)


def test_a_trial_tells_what_a_changed_recipe_changes(life: Life) -> None:
    written = RECORDS["SC-2026-05"]
    record = run_of_lot(life.registry, written.outputs[0].lot, party=written.producer, tables=TABLES).record
    recipe = recipe_of(record, name="R", title="a past run")
    recipe["run"]["electricity"][0]["amount"] = "600 kWh"
    tried = try_recipe(life.registry, checked_recipe(recipe), party=written.producer, tables=TABLES)
    assert [each for each in tried.differences if each.place.startswith("electricity")] == [
        Difference("electricity[electricity].amount", "528 kWh", "600 kWh")
    ]
    assert tried.after is not None
    assert float(tried.after) > float(tried.before)
    assert tried.warnings[0].code == "recipe.factor-old"


def test_a_fault_of_the_recipe_is_told_and_no_figure(life: Life) -> None:
    written = RECORDS["SC-2026-05"]
    record = run_of_lot(life.registry, written.outputs[0].lot, party=written.producer, tables=TABLES).record
    recipe = recipe_of(record, name="R", title="a past run")
    recipe["run"]["electricity"][0]["factor"] = "grid/location.xx.1999"
    tried = try_recipe(life.registry, checked_recipe(recipe), party=written.producer, tables=TABLES)
    assert (tried.after, tried.problems[0].code) == (None, "factor.unknown")


def test_the_drift_is_told_of_what_is_asked_and_of_the_rest(life: Life) -> None:
    written = RECORDS["SCR-2026-02"]
    record = run_of_lot(life.registry, written.outputs[0].lot, party=written.producer, tables=TABLES).record
    recipe = recipe_of(record, name="R", title="scrap")
    line = recipe["run"]["materials"][0]
    line["mass"] = "700 kg"
    recipe["amounts"][0] |= {"low": "600 kg", "high": "800 kg"}
    ((first, *_),) = drift_of(life.registry, [checked_recipe(recipe)], tables=TABLES)
    assert (first.label, first.typical.text, first.found.text, first.percent, first.runs) == (
        line["name"], "700 kg", "720 kg", "+2.9", 1,
    )  # fmt: skip
