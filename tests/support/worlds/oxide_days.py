"""Workbooks of a plant that buys neodymium oxide: its recipe, and a day of runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from orjson import dumps, loads

from ledger.desk.recipes import keep_recipe
from ledger.recipes.checked import checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.template import template
from tests.support.http.server import ANN, plant
from tests.support.worlds.blends import written
from tests.support.worlds.workbooks import filled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.support.http.server import Served


def oxide_recipe(version: int = 1, party: str = ANN) -> dict[str, Any]:
    """Return the recipe of a party's oxide, 100 kg a run."""
    run = dict(written("A-1", "100 kg", producer=party, plant=plant(party)))
    return recipe_of(run, name="OX", title="Oxide") | {"version": version}


def with_recipe(served: Served, version: int = 1) -> Served:
    """Keep the recipe of Ann's oxide."""
    for each in range(1, version + 1):
        keep_recipe(served.registry, oxide_recipe(each), party=ANN)
    return served


def row(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a cell holds anything
    """Return a right row of a day, with changes."""
    typed = {"recipe": "OX", "run": f"R-{number}", "lot": f"OX-{number}", "mass_kg": 100, "start": "2026-03-01"}
    return typed | {"r:neodymium-oxide-bought": 101} | changes


def day(rows: Sequence[Mapping[str, Any]], version: int = 1, recipes: Sequence[dict[str, Any]] = ()) -> bytes:
    """Return a workbook with these rows, of the oxide recipe and of further ones."""
    return filled(rows, before=_blank(dumps([oxide_recipe(version), *recipes])), texts=True)


@cache
def _blank(recipes: bytes) -> bytes:
    return template([checked_recipe(each) for each in loads(recipes)])
