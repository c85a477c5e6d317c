"""A recipe as a workbook: it reads back as the very same recipe, and every problem stands at its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.cells import read_cells
from ledger.workbook.recipe_reading import read_recipe_workbook
from ledger.workbook.recipe_sheets import recipe_workbook
from schemas.columns import LANGUAGES, Language
from tests.support.worlds.example_records import example_names, example_record

if TYPE_CHECKING:
    pass

STRIP_CASTING = "bayan-obo/12-SC-2026-05"


def recipe(name: str = STRIP_CASTING, **changes: object) -> CheckedRecipe:
    return checked_recipe(recipe_of(example_record(name), name="R-1", title="an example") | changes)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", example_names())
def test_a_recipe_reads_back_as_the_very_same(name: str, language: Language) -> None:
    given = recipe(name)
    again = read_recipe_workbook(read_cells(recipe_workbook(given, language)))
    assert again.document == given.document
