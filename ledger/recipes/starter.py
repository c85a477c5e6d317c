"""Make a starter recipe of a shipped example: the step of a new plant, with every number marked as an example.

Rules: the plant, its producer and its grid are the new ones. What belongs to the example's own trade is left out:
claims, sales, quotations, certificates of electricity, and who scrap came from. The other numbers stay until the plant
writes its own, and keep any run from being certified outside a trial home.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from ledger.factors.grid import grid_factors
from ledger.recipes.amounts import GROUPS, Run
from ledger.recipes.checked import parts_of
from ledger.recipes.made import recipe_of
from schemas.door import validated
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from schemas.certificate import Facility

_OF_ITS_TRADE: Final = {
    "outputs": ("price", "sold", "quote", "owner", "note"),
    "electricity": ("instruments", "declared", "factor", "uncovered", "own", "plant", "note"),
    "materials": ("generated_by", "supplier_value", "note"),
}
"""Members that only the example's own plant can say, by list. Prices are kept where they share the total out."""
_WHOLE: Final = ("claims", "valid_until", "note", "instrument")


def starter_recipe(example: Run, *, producer: str, plant: Facility, name: str, tables: FactorTables) -> dict[str, Any]:
    """Return the starter recipe of a plant, made of an example of its step; raise InputError if that is no record."""
    record, run = validated(ProductionRecord, example), copy.deepcopy(example)
    for member in _WHOLE:
        run.pop(member, None)
    run |= {"producer": producer, "facility": plant.id, "run": "example"}
    priced = "prices" in run["allocation"]
    for group, members in _OF_ITS_TRADE.items():
        for line in run.get(group, ()):
            for member in members:
                if member != "price" or not priced:
                    line.pop(member, None)
    for line in run.get("electricity", ()):
        line["grid"] = _grid_of(plant, line["grid"], record, tables)
    for group in GROUPS:
        for line in run.get(group, ()):
            line["note"] = f"number of a shipped example, {example['run']}: write your own"
    recipe = recipe_of(run, name=name, title=str(run["outputs"][0]["description"]))
    return recipe | {"examples": parts_of(recipe["run"])}


def _grid_of(plant: Facility, before: str, record: ProductionRecord, tables: FactorTables) -> str:
    """Return the grid of the plant: its region, its country where tables do not divide it, or the example's."""
    year, chosen = int(record.period.end[:4]), record.electricity_set
    possible = [each for each in (plant.region, plant.country) if each is not None]
    for grid in possible:
        if grid_factors(tables, grid, year, chosen=chosen, gwp=record.gwp) is not None:
            return grid
    return before if before.startswith(plant.country) else possible[0]
