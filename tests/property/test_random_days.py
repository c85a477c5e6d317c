"""Random days at a plant: what was typed right is accepted, and no typing error passes without a word.

A meter scatters by 2 % here. A typing error of 20 % can be told from such a scatter, and not from one of 10 %.
"""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from ledger.desk.forms import ReadForm, read_form
from ledger.recipes.amounts import Measure, measured
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import facts_of, recipe_of
from schemas.columns import INPUT_PAIRS
from tests.support.worlds.example_records import example_names, example_record

if TYPE_CHECKING:
    from collections.abc import Mapping

SCATTER: Final = Fraction(2, 100)
SLIPS: Final = (Fraction(1, 10), Fraction(10), Fraction(8, 10), Fraction(12, 10))


class Day(NamedTuple):
    """What a clerk types on a day, and the fields that hold an amount."""

    typed: dict[str, str]
    amounts: dict[str, Fraction]


@cache
def recipe(name: str) -> CheckedRecipe:
    """The recipe of an example's run; a share of each output is asked where it has two elements."""
    made = recipe_of(example_record(name), name="R-1", title="Example")
    composition = made["run"]["outputs"][0]["composition"]
    most = sorted(composition, key=lambda element: Fraction(composition[element]))
    if len(most) > 1:
        made["outputs"][0] |= {"asked": [most[-2]], "balance": most[-1]}
    return checked_recipe(made)


def day(checked: CheckedRecipe, chance: random.Random) -> Day:
    """Return a right day: every amount near the typical one, all of them a little off."""
    facts, amounts = facts_of(checked.document), dict[str, Fraction]()

    def near(text: object) -> Fraction:
        return measured(str(text)).number * (1 + SCATTER * chance.randint(-1000, 1000) / 1000)

    typed = {"start": "2026-07-01", "lot": "L-1"}
    for number, each in enumerate(facts["outputs"], 1):
        before = "" if number == 1 else f"outputs.{number}."
        typed[f"{before}lot"] = f"L-{number}"
        amounts[f"{before}mass_kg"] = near(each["mass"])
        for element, share in each.get("assay", {}).items():
            amounts[f"{before}a:{element}"] = Fraction(share)
    for number, each in enumerate(facts["inputs"], 1):
        own = number <= INPUT_PAIRS
        typed[f"input{number}_lot" if own else f"inputs.{number}.lot"] = each.get("lot") or "X-1"
        amounts[f"input{number}_kg" if own else f"inputs.{number}.mass_kg"] = near(each["mass"])
    amounts |= {f"r:{key}": near(text) for key, text in facts["readings"].items()}
    return Day(typed, amounts)


def read(checked: CheckedRecipe, told: Day, change: Mapping[str, Fraction] | None = None) -> ReadForm:
    written = {name: Measure(number, "").text.strip() for name, number in {**told.amounts, **(change or {})}.items()}
    return read_form(checked, told.typed | written)


def told_at(form: ReadForm) -> dict[str, set[str]]:
    """Return the codes at each field, of problems and warnings."""
    found: dict[str, set[str]] = {}
    for each in (*form.problems, *form.warnings):
        found.setdefault(each.place, set()).add(each.code)
    return found


def try_days(days: int, seed: int) -> int:
    """Try so many days of all recipes, with one slip in each amount; return how many slips there were."""
    chance, tried = random.Random(seed), 0  # noqa: S311 - days, not secrets
    names = example_names()
    for number in range(days):
        checked = recipe(names[number % len(names)])
        right = day(checked, chance)
        form = read(checked, right)
        assert form.problems == (), (names[number % len(names)], right, form.problems)
        before = told_at(form)
        for field, amount in right.amounts.items():
            slip = chance.choice(SLIPS)
            if field.rpartition(".")[2].startswith("a:") and amount * slip > 1:
                continue  # refused as a share, whatever the recipe says
            after = told_at(read(checked, right, {field: amount * slip}))
            new = {place: codes - before.get(place, set()) for place, codes in after.items()}
            at = {place for place, codes in new.items() if codes}
            assert at, (names[number % len(names)], field, slip, right)
            assert field in at or (field.startswith("input") and "mass_kg" in at), (field, slip, after)
            tried += 1
    return tried


def test_no_slip_of_a_random_day_passes_without_a_word() -> None:
    assert try_days(56, seed=1) > 150


@pytest.mark.soak
def test_no_slip_of_a_thousand_random_days_passes_without_a_word() -> None:
    assert try_days(1000, seed=2) > 3000
