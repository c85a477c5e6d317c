"""The usual bounds beside a field follow the size of the run, as the recipe's own judgement does."""

from __future__ import annotations

from fractions import Fraction

from ledger.desk.form_fields import fields_of
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from schemas.quantity import plain_fraction
from tests.support.worlds.example_records import example_record


def checked(name: str, scale: str, outputs: int = 1) -> CheckedRecipe:
    recipe = recipe_of(example_record(name), name="R-1", title="Example")
    mass = recipe["run"]["materials"][0]["mass"]
    asked = {"place": "materials[0].mass", "rule": "asked", "key": "k", "label": "K", "low": mass, "high": mass}
    recipe["amounts"] = [asked | {"scale": scale}]
    made = checked_recipe(recipe)
    assert len(made.recipe.outputs) == outputs
    return made


def size(recipe: CheckedRecipe, typed: dict[str, str]) -> Fraction:
    """Return how much larger than in the typical run the first reading usually is."""
    band = fields_of(recipe, typed).readings[0].band
    assert band is not None
    (line, *_) = recipe.asked.values()
    return band.typical.number / recipe.bands[line].typical.number


def test_every_input_counts_also_those_after_the_first_three() -> None:
    recipe = checked("bayan-obo/12-SC-2026-05", "per-input")
    usual = sum((Fraction(each.mass) for each in recipe.record.inputs), Fraction())
    typed = {"input1_kg": plain_fraction(usual), "inputs.4.mass_kg": plain_fraction(usual)}
    assert size(recipe, typed) == 2


def test_every_output_counts_and_one_far_off_leaves_the_size() -> None:
    recipe = checked("bayan-obo/02-CRK-2026-02", "per-output", outputs=2)
    first, second = (Fraction(each.mass) for each in recipe.record.outputs)
    typed = {"mass_kg": plain_fraction(first), "outputs.2.mass_kg": plain_fraction(second * Fraction(11, 10))}
    assert size(recipe, typed) == (first + second * Fraction(11, 10)) / (first + second)
    assert size(recipe, typed | {"outputs.2.mass_kg": plain_fraction(second * 10)}) == 1
