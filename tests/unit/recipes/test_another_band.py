"""Another band is proposed only where values leave the band, and only outwards."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest

from ledger.recipes.another_band import other_bands, percentile
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from tests.support.worlds.example_records import example_record


@pytest.fixture(scope="module")
def scrap() -> CheckedRecipe:
    return checked_recipe(recipe_of(example_record("bayan-obo/05-SCR-2026-02"), name="SCR", title="scrap"))


def run_of(checked: CheckedRecipe, swarf: str, mass: str = "1200 kg") -> dict[str, Any]:
    run = copy.deepcopy(dict(checked.recipe.run))
    run["outputs"][0]["mass"], run["materials"][0]["mass"] = mass, swarf
    return run


def test_a_bound_moves_only_outwards_and_to_three_digits(scrap: CheckedRecipe) -> None:
    usual = [run_of(scrap, f"{700 + number} kg") for number in range(18)]
    assert other_bands(scrap, usual) == []
    assert other_bands(scrap, []) == []
    (high,) = other_bands(scrap, [*usual, run_of(scrap, "901.2 kg"), run_of(scrap, "901.2 kg")])
    assert (high.label, high.low, high.high.text) == (scrap.label(high.line), high.band.low, "902 kg")
    assert (high.lowest.text, high.median.text, high.highest.text) == ("700 kg", "709 kg", "901.2 kg")
    assert (high.outside, high.runs) == (2, 20)
    (low,) = other_bands(scrap, [run_of(scrap, "33.333 kg")])
    assert (low.low.text, low.high) == ("33.3 kg", low.band.high)


def test_one_slip_in_many_runs_moves_nothing(scrap: CheckedRecipe) -> None:
    assert other_bands(scrap, [*(run_of(scrap, "720 kg") for _ in range(20)), run_of(scrap, "7200 kg")]) == []


def test_amounts_are_compared_as_if_runs_were_alike_and_masses_as_they_are(scrap: CheckedRecipe) -> None:
    twice = run_of(scrap, "1440 kg", "2400 kg")
    twice["materials"][1]["mass"] = "980 kg"
    (only,) = other_bands(scrap, [twice])
    assert (only.line, only.high.text) == ("outputs[0]", "2400 kg")


def test_a_percentile_is_a_value_that_was_read() -> None:
    values = [Fraction(each) for each in (5, 1, 3, 2, 4)]
    assert [percentile(values, Fraction(share, 100)) for share in (0, 5, 20, 21, 50, 95, 100)] == [1, 1, 1, 2, 3, 5, 5]
