"""Take a recipe from its workbook: it is read apart, judged, and saved as a draft.

Rules: a workbook of the approved version is taken as the next one, because people edit what they have downloaded. One
of an older version is refused. It replaces a draft only if its sender has seen that draft (`base`). A number of an
example stays one until its line changes, whatever the workbook lists.
"""

from __future__ import annotations

from typing import Any

from ledger.desk.recipe_versions import propose_recipe
from ledger.desk.recipes import KeptRecipe, document_of
from ledger.factors.tables import FactorTables
from ledger.recipes.checked import parts_of
from ledger.recipes.differences import differences
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.recipes import recipe_row
from ledger.workbook.cells import read_cells
from ledger.workbook.recipe_reading import read_recipe_workbook
from schemas.problem import InputError, RefusedError


def upload_recipe(
    registry: OpenRegistry,
    content: bytes,
    *,
    party: str,
    by: str,
    tables: FactorTables,
    name: str | None = None,
    base: str | None = None,
) -> KeptRecipe:
    """Save the recipe of a workbook as a draft; `name` is the only one that it may have, if one is given.

    Raises:
        InputError: ``workbook.*``, ``recipe.*``, each at its cell, and `recipe.other`; RefusedError:
            `recipe.unchanged`, `recipe.not-yours`, `recipe.version`, `recipe.changed-meanwhile`.
    """
    checked = read_recipe_workbook(read_cells(content))
    found = checked.recipe.recipe
    if name not in {None, found}:
        raise InputError.at("recipe.other-workbook", found=found, possible=name)
    document = dict(checked.document)
    with reading(registry.engine) as connection:
        newest = recipe_row(connection, party, found)
        approved = recipe_row(connection, party, found, approved=True)
    if newest is not None:
        document["examples"] = _still_examples(document_of(newest), document["run"])
    if approved is not None and approved.version == checked.recipe.version:
        if not differences(document_of(approved), document):
            raise RefusedError.at("recipe.unchanged", recipe=found, version=approved.version)
        document["version"] = approved.version + 1
    if not document.get("examples"):
        document.pop("examples", None)
    return propose_recipe(registry, document, party=party, by=by, tables=tables, base=base)


def _still_examples(before: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """Return the places of a run that still have the numbers of an example, as in the version before."""
    old, new = _named(before["run"]), _named(run)
    same = {place: new[name][0] for name, (place, value) in old.items() if new.get(name, ("", None))[1] == value}
    return [same[place] for place in before.get("examples", ()) if place in same]


def _named(run: dict[str, Any]) -> dict[tuple[str, str], tuple[str, object]]:
    """Return the place and the numbers of each part of a run, by its group and name: rows may have moved."""
    found: dict[tuple[str, str], tuple[str, object]] = {}
    for place in parts_of(run):
        group, _, number = place.partition("[")
        held = run[group][int(number[:-1])] if number else run[group]
        told = {name: each for name, each in held.items() if name != "note"} if isinstance(held, dict) else held
        name = str(held.get("name") or held.get("description") or number) if isinstance(held, dict) else ""
        found[group, name if (group, name) not in found else f"{name} {number}"] = place, told
    return found
