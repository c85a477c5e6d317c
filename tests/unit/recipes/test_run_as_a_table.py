"""The lines of a run as a table: what it is filled in with makes the same record, and any amount can be typed."""

from __future__ import annotations

import pytest

from ledger.desk.forms import ReadForm, Typed, read_form
from ledger.desk.putting_right import table_fields
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from schemas.door import validated
from schemas.record import ProductionRecord
from tests.support.worlds.example_records import example_names, example_record

RUNS = example_names()


def table(name: str) -> tuple[CheckedRecipe, Typed]:
    checked = checked_recipe(recipe_of(example_record(name), name="lines", title="Run", every=True))
    return checked, table_fields(checked)


def read(checked: CheckedRecipe, typed: Typed) -> ReadForm:
    form = read_form(checked, typed)
    assert form.problems == ()
    return form


@pytest.mark.parametrize("name", RUNS)
def test_what_it_is_filled_in_with_makes_the_same_record(name: str) -> None:
    form = read(*table(name))
    was = validated(ProductionRecord, example_record(name)).model_copy(update={"note": None})  # no part of a form
    assert form.record == was


def test_any_amount_can_be_typed_and_changes_its_own_line_only() -> None:
    checked, typed = table("bayan-obo/12-SC-2026-05")
    form = read(checked, {**typed, "mass_kg": "66", "r:electricity": "5280"})
    before, after = read(checked, typed).record, form.record
    assert before is not None
    assert after is not None
    assert (after.outputs[0].mass, after.electricity[0].amount) == ("66", "5280")
    assert after.materials == before.materials
    assert after.wastes == before.wastes
